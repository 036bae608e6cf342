import type { Browser, Page } from 'playwright-core';
import type * as Sdk from '../../client/sdk/index.ts';
import { until } from '../nodes/erizo/kit/until.ts';
import { countersOf } from '../support/counters.ts';
import { demoToken, openSdkPage } from '../support/sdk-page.ts';
import type { WanSystem } from './system.ts';

/** Many times what it takes over the longest way. */
const open_ms = 20_000;

/** What the page of a traveller holds. */
export interface PageGlobals {
  /** Of camera and microphone, where it publishes. */
  media: MediaStream;
  room: Sdk.Room;
  /** Those that the SDK made. */
  connections: RTCPeerConnection[];
  /** Joins with the token; answers the milliseconds. */
  join(token: string): Promise<number>;
  publish(): Promise<number>;
  /** Subscribes to a stream of the room, the first being 0, once it is there, and plays it. */
  watch(index: number, untilFrame: boolean): Promise<Watched>;
}

interface Watched {
  /** Until `subscribe()` has answered. */
  readonly subscribe_ms: number;
  /** Until the first frame is there; 0 where it was not waited for. */
  readonly frame_ms: number;
}

/** What one journey took, each part from the participant's wish to the participant's seeing it. */
export interface Journey {
  /** Joining a room that the node does not hold yet. */
  readonly joinFirst: number;
  /** Joining one that it holds. */
  readonly join: number;
  readonly publish: number;
  /** The first stream that comes from the publisher's process to the viewer's, some time after the join. */
  readonly subscribeCold: number;
  readonly frameCold: number;
  /** A second one, open as well. */
  readonly subscribeWarm: number;
  readonly frameWarm: number;
  /** One that was announced in this moment. */
  readonly subscribeNew: number;
  readonly frameNew: number;
  /** One that the viewer's process has already. */
  readonly subscribeHere: number;
  readonly frameHere: number;
}

export interface Travellers {
  readonly publisher: Page;
  readonly viewer: Page;
  readonly second: Page;
}

/** Three pages of one browser, which is on one host: their ways to the two nodes are apart. */
export async function openTravellers(browser: Browser, edgeUrl: string): Promise<Travellers> {
  const publisher = await openPublisher(browser, edgeUrl);
  const viewer = await openTraveller(browser, edgeUrl);
  return { publisher, viewer, second: await openTraveller(browser, edgeUrl) };
}

/** One who has something to publish. */
export async function openPublisher(browser: Browser, edgeUrl: string): Promise<Page> {
  const publisher = await openTraveller(browser, edgeUrl);
  await publisher.evaluate(async () => {
    const globals = globalThis as unknown as PageGlobals;
    const video = { width: 320, height: 240, frameRate: 30 };
    globals.media = await navigator.mediaDevices.getUserMedia({ audio: true, video });
  });
  return publisher;
}

export async function openTraveller(browser: Browser, edgeUrl: string): Promise<Page> {
  const page = await openSdkPage(browser, edgeUrl);
  await page.evaluate(() => {
    const globals = globalThis as unknown as PageGlobals;
    globals.connections = [];
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        globals.connections.push(this);
      }
    };
    const timed = async (work: () => Promise<unknown>): Promise<number> => {
      const began_ms = performance.now();
      await work();
      return performance.now() - began_ms;
    };
    globals.join = (token) =>
      timed(async () => {
        globals.connections = [];
        globals.room = await window.sdk.join({ token });
      });
    globals.publish = () => timed(() => globals.room.publish(globals.media.clone()));
    globals.watch = async (index, untilFrame) => {
      const stream = await new Promise<Sdk.RemoteStream>((resolve) => {
        const look = (): void => {
          const there = [...globals.room.streams.values()][index];
          if (there !== undefined) {
            resolve(there);
          }
        };
        globals.room.on('stream-added', look);
        look();
      });
      const video = document.createElement('video');
      video.muted = true;
      const frame = new Promise((resolve) => {
        video.requestVideoFrameCallback(resolve);
      });
      const began_ms = performance.now();
      video.srcObject = await globals.room.subscribe(stream);
      const subscribe_ms = performance.now() - began_ms;
      if (!untilFrame) {
        return { subscribe_ms, frame_ms: 0 };
      }
      await Promise.all([video.play(), frame]);
      return { subscribe_ms, frame_ms: performance.now() - began_ms };
    };
  });
  return page;
}

export interface JourneyOptions {
  readonly edgeUrl: string;
  readonly room: string;
  /** Where the publisher is served, and where the viewers are. */
  readonly from: string;
  readonly to: string;
  /** Whether first frames are waited for. */
  readonly frames: boolean;
  /** Resolves when all is done in advance that nodes do, as it is some time after the join. */
  readonly prepared: () => Promise<void>;
}

/** One room from its first join to its end, with tokens that were made before it. */
export async function travel(pages: Travellers, options: JourneyOptions): Promise<Journey> {
  const { edgeUrl, room, from, to, frames, prepared } = options;
  const token = (region: string): Promise<string> =>
    demoToken(edgeUrl, { room, name: 'traveller', region });
  const tokens = [await token(from), await token(to), await token(to)];
  try {
    const joinFirst = await join(pages.publisher, tokens[0]);
    const publish = await publishOne(pages.publisher);
    await publishOne(pages.publisher);
    await join(pages.viewer, tokens[1]);
    await prepared();
    await pages.viewer.waitForFunction(() =>
      (globalThis as unknown as PageGlobals).connections.some(
        ({ connectionState }) => connectionState === 'connected',
      ),
    );
    const cold = await watch(pages.viewer, 0, frames);
    const joined = await join(pages.second, tokens[2]);
    const here = await watch(pages.second, 0, frames);
    // By now the viewer's first negotiation is over, which a second one would have waited for.
    const warm = await watch(pages.viewer, 1, frames);
    const announced = watch(pages.viewer, 2, frames);
    await publishOne(pages.publisher);
    const fresh = await announced;
    return {
      joinFirst,
      join: joined,
      publish,
      subscribeCold: cold.subscribe_ms,
      frameCold: cold.frame_ms,
      subscribeWarm: warm.subscribe_ms,
      frameWarm: warm.frame_ms,
      subscribeNew: fresh.subscribe_ms,
      frameNew: fresh.frame_ms,
      subscribeHere: here.subscribe_ms,
      frameHere: here.frame_ms,
    };
  } finally {
    for (const page of [pages.publisher, pages.viewer, pages.second]) {
      await page.evaluate(() => (globalThis as unknown as PageGlobals).room?.leave());
    }
  }
}

/** Resolves when the two streams of a journey are open in the region of its viewers. */
export async function openIn({ system }: WanSystem, region: string): Promise<void> {
  await until(
    () => countersOf(system, region),
    ({ producers = 0 }) => producers >= 4,
    open_ms,
  );
}

/** Joins with the token; answers the milliseconds. */
export function join(page: Page, token = ''): Promise<number> {
  return page.evaluate((text) => (globalThis as unknown as PageGlobals).join(text), token);
}

function publishOne(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as PageGlobals).publish());
}

/** Plays a stream of the room, the first being 0, as soon as it is there. */
export function watch(page: Page, index: number, untilFrame: boolean): Promise<Watched> {
  return page.evaluate(
    (wanted) => (globalThis as unknown as PageGlobals).watch(wanted.index, wanted.untilFrame),
    { index, untilFrame },
  );
}
