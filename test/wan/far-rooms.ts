import type { Browser } from 'playwright-core';
import { limits } from '../../protocol/limits.ts';
import { countersOf } from '../support/counters.ts';
import { eventually } from '../support/eventually.ts';
import type { Participant } from '../support/page/participant.ts';
import { demoToken } from '../support/tokens.ts';
import { join, openPublisher, openTraveller } from './journey.ts';
import type { WanSystem } from './system.ts';
import { wanCamera } from './wan-stage.ts';

/** Until the ways are measured and the room's trees are made from them: they are made again each 30 s. */
const routes = { timeout: 90_000 };
/** Many times what it takes over the longest way. */
const settle = { timeout: 20_000 };

/** Of three regions: the streams of the first reach the last by way of the one between them. */
export interface FarOptions {
  readonly from: string;
  readonly by: string;
  readonly to: string;
}

/** Until `subscribe()` has answered, in ms. */
export interface FarJourney {
  /** A stream two hops away that was opened in advance. */
  readonly twoHopsAhead: number;
  /** One that is in the region next to it alone, where it is published, and one two hops away. */
  readonly oneHopCold: number;
  readonly twoHopsCold: number;
}

interface FarRoom {
  readonly publisher: Participant;
  /** A viewer in the region between, and one in the last region. */
  readonly between: Participant;
  readonly last: Participant;
  /** Streams that stay. */
  readonly kept: number;
}

/**
 * Two rooms over three regions that stay open, so that all is done in advance that is: in the one each
 * stream is opened in advance, in the other there are as many already as are opened so.
 */
export class FarRooms {
  readonly #mesh: WanSystem;
  readonly #options: FarOptions;
  readonly #ahead: FarRoom;
  readonly #full: FarRoom;

  private constructor(
    components: { mesh: WanSystem; ahead: FarRoom; full: FarRoom },
    options: FarOptions,
  ) {
    this.#mesh = components.mesh;
    this.#ahead = components.ahead;
    this.#full = components.full;
    this.#options = options;
  }

  /** Resolves when streams take the way over the region between. */
  static async create(
    components: { mesh: WanSystem; browser: Browser },
    options: FarOptions,
  ): Promise<FarRooms> {
    const { mesh } = components;
    const ahead = await openRoom(components, options, { name: 'ahead', kept: 1 });
    const full = await openRoom(components, options, { name: 'full', kept: limits.pullsAhead });
    const rooms = new FarRooms({ mesh, ahead, full }, options);
    for (const room of [ahead, full]) {
      const isRelayed = () => rooms.#isRelayed(room);
      await eventually(`${options.by} relays`, isRelayed, (is) => is, routes);
    }
    return rooms;
  }

  /** The rooms are as before when it resolves. */
  async travel(): Promise<FarJourney> {
    const { to } = this.#options;
    const [ahead, full] = [this.#ahead, this.#full];
    const before = await this.#count(to, 'producers');
    const opened = [await ahead.publisher.publish()];
    await this.#until(to, before + 2);
    const ahead_ms = (await ahead.last.watch(ahead.kept, false)).subscribe_ms;
    const cold = [await full.publisher.publish(), await full.publisher.publish()];
    const near_ms = (await full.between.watch(full.kept, false)).subscribe_ms;
    const far_ms = (await full.last.watch(full.kept + 1, false)).subscribe_ms;
    await unpublish(ahead, opened);
    await unpublish(full, cold);
    await this.#until(to, before);
    return { twoHopsAhead: ahead_ms, oneHopCold: near_ms, twoHopsCold: far_ms };
  }

  /** Whether the region between forwards a stream that is published now. */
  async #isRelayed(room: FarRoom): Promise<boolean> {
    const { by, to } = this.#options;
    const [before, given] = [await this.#count(to, 'producers'), await this.#count(by, 'feeds')];
    const id = await room.publisher.publish();
    await room.last.watch(room.kept, false);
    const isForwarded = (await this.#count(by, 'feeds')) > given;
    await unpublish(room, [id]);
    await this.#until(to, before);
    return isForwarded;
  }

  async #count(region: string, name: 'producers' | 'feeds'): Promise<number> {
    return (await countersOf(this.#mesh.system, region))[name] ?? 0;
  }

  async #until(region: string, producers: number): Promise<void> {
    const count = () => this.#count(region, 'producers');
    await eventually(
      `${producers} producers in ${region}`,
      count,
      (now) => now === producers,
      settle,
    );
  }
}

async function openRoom(
  { mesh, browser }: { mesh: WanSystem; browser: Browser },
  { from, by, to }: FarOptions,
  { name, kept }: { name: string; kept: number },
): Promise<FarRoom> {
  const { edgeUrl } = mesh.system;
  const joined = async (participant: Participant, region: string): Promise<Participant> => {
    await join(participant, await demoToken(edgeUrl, { room: name, name: 'traveller', region }));
    return participant;
  };
  const publisher = await joined(await openPublisher(browser, edgeUrl, wanCamera), from);
  const between = await joined(await openTraveller(browser, edgeUrl), by);
  const last = await joined(await openTraveller(browser, edgeUrl), to);
  for (let count = 0; count < kept; count += 1) {
    await publisher.publish({ source: 'sound' });
  }
  for (const viewer of [between, last]) {
    await knowsStreams(viewer, kept);
    // Its first negotiation is over by then, which the next one would have waited for.
    await viewer.watch(0, false);
  }
  return { publisher, between, last, kept };
}

/** Resolves when the viewers know that the streams are gone. */
async function unpublish(room: FarRoom, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await room.publisher.unpublish(id);
  }
  await Promise.all([room.between, room.last].map((viewer) => knowsStreams(viewer, room.kept)));
}

async function knowsStreams(viewer: Participant, count: number): Promise<void> {
  const known = async () => (await viewer.streams()).length;
  await eventually(`the viewer knows ${count} streams`, known, (now) => now === count, settle);
}
