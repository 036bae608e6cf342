import type { RegionPin } from '../../protocol/token.ts';
import type { EdgeLog } from '../log.ts';
import { regionMapOf } from '../placement/region-map.ts';
import { routesKey } from '../room/routes.ts';
import type { Alarms } from './alarms.ts';
import type { MeshView } from './mesh-view.ts';
import type { RoomDirectory } from './room-directory.ts';

export interface RoomRoutesComponents {
  readonly mesh: MeshView;
  readonly alarms: Pick<Alarms<'routes'>, 'arm'>;
  readonly directory: RoomDirectory;
  /** The pin of the room; undefined where it was deleted. */
  readonly pin: () => RegionPin | undefined;
  readonly now: () => number;
  readonly log: EdgeLog;
}

const defaults = {
  /** After the regions changed: those of a room that begins come one by one. Nobody waits for it. */
  settle_ms: 1_000,
  /** How often the ways are looked at: measurements are smoothed over about as long. */
  period_ms: 30_000,
} as const;

/** Sees to it that the routes of a room follow what the mesh measures, while regions could relay. */
export class RoomRoutes {
  readonly #parts: RoomRoutesComponents;

  constructor(components: RoomRoutesComponents) {
    this.#parts = components;
  }

  /** What the routes follow from has changed. */
  async ask(): Promise<void> {
    const { alarms, directory, now } = this.#parts;
    if (routesKey(directory.rows()) !== undefined) {
      await alarms.arm('routes', now() + defaults.settle_ms);
    }
  }

  /** Makes the routes anew, and tells the controllers where they differ. Answers when to do it again. */
  async refresh(): Promise<number | undefined> {
    const { mesh, directory, now, log } = this.#parts;
    const snapshot = await mesh.snapshot();
    const pin = this.#parts.pin();
    const { erizos, streams } = directory.rows();
    if (pin === undefined || routesKey({ erizos, streams }) === undefined) {
      return undefined;
    }
    const { from, version } = directory.reroute(regionMapOf(snapshot, { pin, erizos }));
    if (version !== from) {
      log.info('the routes of a room have changed', { version });
    }
    return now() + defaults.period_ms;
  }
}
