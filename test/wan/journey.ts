import type { Browser } from 'playwright-core';
import { countersOf } from '../support/counters.ts';
import { eventually } from '../support/eventually.ts';
import { openChromiumPage } from '../support/page/browser-page.ts';
import { Participant } from '../support/page/participant.ts';
import { demoToken } from '../support/tokens.ts';
import type { WanSystem } from './system.ts';

/** Many times what it takes over the longest way. */
const patience = { timeout: 20_000, interval: 50 };

/** What one journey took in ms, each part from the participant's wish to its fulfilment. */
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
  readonly publisher: Participant;
  readonly viewer: Participant;
  readonly second: Participant;
}

/** As a bench of first frames needs it. */
const quickCamera = { width: 320, height: 240, frameRate: 30 } as const;

/** Three pages of one browser, which is on one host: their ways to the two nodes are apart. */
export async function openTravellers(
  browser: Browser,
  edgeUrl: string,
  camera: MediaTrackConstraints = quickCamera,
): Promise<Travellers> {
  const publisher = await openPublisher(browser, edgeUrl, camera);
  const viewer = await openTraveller(browser, edgeUrl);
  return { publisher, viewer, second: await openTraveller(browser, edgeUrl) };
}

/** A traveller with an open camera. */
export async function openPublisher(
  browser: Browser,
  edgeUrl: string,
  camera: MediaTrackConstraints,
): Promise<Participant> {
  const publisher = await openTraveller(browser, edgeUrl);
  await publisher.openCamera(camera);
  return publisher;
}

export async function openTraveller(browser: Browser, edgeUrl: string): Promise<Participant> {
  return await Participant.openPage(await openChromiumPage(browser), edgeUrl);
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
  const { publisher, viewer, second } = pages;
  const token = (region: string): Promise<string> =>
    demoToken(edgeUrl, { room, name: 'traveller', region });
  const tokens = [await token(from), await token(to), await token(to)] as const;
  try {
    const joinFirst = await join(publisher, tokens[0]);
    const publish = (await publisher.publishTimed()).took_ms;
    await publisher.publish();
    await join(viewer, tokens[1]);
    await prepared();
    const isConnected = () => viewer.isAnyConnected();
    await eventually('the viewer is connected', isConnected, (is) => is, patience);
    const cold = await viewer.watch(0, frames);
    const joined = await join(second, tokens[2]);
    const here = await second.watch(0, frames);
    // By now the viewer's first negotiation is over, which a second one would have waited for.
    const warm = await viewer.watch(1, frames);
    const announced = viewer.watch(2, frames);
    await publisher.publish();
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
    await Promise.all([publisher, viewer, second].map((page) => page.leave()));
  }
}

/** Joins with a token, and plays nothing by itself; answers the milliseconds. */
export function join(traveller: Participant, token: string): Promise<number> {
  return traveller.join({ token, playsAll: false });
}

/** Resolves when the two streams of a journey are open in the region of its viewers. */
export async function openIn({ system }: WanSystem, region: string): Promise<void> {
  const producers = async () => (await countersOf(system, region))['producers'] ?? 0;
  await eventually(`4 producers in ${region}`, producers, (count) => count >= 4, patience);
}
