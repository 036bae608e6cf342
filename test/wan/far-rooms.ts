import type { Browser, Page } from 'playwright-core';
import type * as Sdk from '../../client/sdk/index.ts';
import { limits } from '../../protocol/limits.ts';
import { until } from '../nodes/erizo/kit/until.ts';
import { countersOf } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import type { PageGlobals } from './journey.ts';
import { join, openPublisher, openTraveller, watch } from './journey.ts';
import type { WanSystem } from './system.ts';

/** Until the ways are measured and the room's trees are made from them: they are made anew each 30 s. */
const routes_ms = 90_000;
/** Many times what it takes over the longest way. */
const settle_ms = 20_000;

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
  readonly publisher: Page;
  /** Of a viewer in the region between, and one in the last region. */
  readonly between: Page;
  readonly last: Page;
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
      await until(
        () => rooms.#isRelayed(room),
        (isRelayed) => isRelayed,
        routes_ms,
      );
    }
    return rooms;
  }

  /** The rooms are as before when it resolves. */
  async travel(): Promise<FarJourney> {
    const { to } = this.#options;
    const [ahead, full] = [this.#ahead, this.#full];
    const before = await this.#count(to, 'producers');
    await publish(ahead.publisher);
    await this.#until(to, 'producers', before + 2);
    const opened = await watch(ahead.last, ahead.kept, false);
    await publish(full.publisher);
    await publish(full.publisher);
    const near = await watch(full.between, full.kept, false);
    const far = await watch(full.last, full.kept + 1, false);
    await unpublish(ahead, 1);
    await unpublish(full, 2);
    await this.#until(to, 'producers', before);
    return {
      twoHopsAhead: opened.subscribe_ms,
      oneHopCold: near.subscribe_ms,
      twoHopsCold: far.subscribe_ms,
    };
  }

  /** Whether the region between gives on a stream that comes now. */
  async #isRelayed(room: FarRoom): Promise<boolean> {
    const { by, to } = this.#options;
    const [before, given] = [await this.#count(to, 'producers'), await this.#count(by, 'feeds')];
    await publish(room.publisher);
    await watch(room.last, room.kept, false);
    const gives = (await this.#count(by, 'feeds')) > given;
    await unpublish(room, 1);
    await this.#until(to, 'producers', before);
    return gives;
  }

  async #count(region: string, name: 'producers' | 'feeds'): Promise<number> {
    return (await countersOf(this.#mesh.system, region))[name] ?? 0;
  }

  async #until(region: string, name: 'producers', wanted: number): Promise<void> {
    await until(
      () => this.#count(region, name),
      (count) => count === wanted,
      settle_ms,
    );
  }
}

async function openRoom(
  { mesh, browser }: { mesh: WanSystem; browser: Browser },
  { from, by, to }: FarOptions,
  { name, kept }: { name: string; kept: number },
): Promise<FarRoom> {
  const { edgeUrl } = mesh.system;
  const joined = async (page: Page, region: string): Promise<Page> => {
    await join(page, await demoToken(edgeUrl, { room: name, name: 'traveller', region }));
    return page;
  };
  const publisher = await joined(await openPublisher(browser, edgeUrl), from);
  const between = await joined(await openTraveller(browser, edgeUrl), by);
  const last = await joined(await openTraveller(browser, edgeUrl), to);
  for (let count = 0; count < kept; count += 1) {
    await publish(publisher, 'sound');
  }
  for (const viewer of [between, last]) {
    await viewer.waitForFunction(
      (count) => (globalThis as unknown as PageGlobals).room.streams.size === count,
      kept,
    );
    // Its first negotiation is over by then, which the next one would have waited for.
    await watch(viewer, 0, false);
  }
  return { publisher, between, last, kept };
}

type Published = PageGlobals & { published?: Sdk.LocalStream[] };

async function publish(page: Page, what: 'all' | 'sound' = 'all'): Promise<void> {
  await page.evaluate(async (isSound) => {
    const globals = globalThis as unknown as Published;
    const media = globals.media.clone();
    const sent = isSound ? new MediaStream(media.getAudioTracks()) : media;
    (globals.published ??= []).push(await globals.room.publish(sent));
  }, what === 'sound');
}

/** Takes the last ones back; resolves when the viewers know it. */
async function unpublish(room: FarRoom, count: number): Promise<void> {
  await room.publisher.evaluate(async (wanted) => {
    const { room: joined, published = [] } = globalThis as unknown as Published;
    for (const stream of published.splice(-wanted)) {
      await joined.unpublish(stream);
    }
  }, count);
  for (const viewer of [room.between, room.last]) {
    await viewer.waitForFunction(
      (kept) => (globalThis as unknown as PageGlobals).room.streams.size === kept,
      room.kept,
    );
  }
}
