import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { newHexId } from '../../protocol/ids.ts';
import { roomId } from './erizo-grants.ts';
import { Participant, TestAgent, TestController, TestErizo, until } from './erizo-kit.ts';

/** Streams that are changed while they are played: over a pipe, since that is where it could be lost. */

let browser: Browser;
let agent: TestAgent;
let origin: TestErizo;
let far: TestErizo;
let ann: Participant;
let ben: Participant;

beforeAll(async () => {
  [browser, agent] = await Promise.all([launchChromium(), TestAgent.create()]);
});
afterAll(async () => {
  await browser.close();
  await agent.listener.close();
});
beforeEach(async () => {
  origin = await TestErizo.create(agent, 'eu-west', '127.0.1.1');
  far = await TestErizo.create(agent, 'us-east', '127.0.2.1');
  ann = await Participant.create(browser, TestController.dial(origin));
  ben = await Participant.create(browser, TestController.dial(far));
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all([origin.end(), far.end()]);
});

const nothing = { audio: false, video: false };

/** Resolves when what has come of the stream stands still for half a second of the browser's time. */
async function stands(label: string, what: 'frames' | 'audioPackets'): Promise<void> {
  await until(
    async () => {
      const before = (await ben.played(label))[what];
      await ben.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
      return (await ben.played(label))[what] - before;
    },
    (more) => more === 0,
    10_000,
  );
}

describe('a stream', () => {
  it('that its publisher mutes comes to nobody until it is unmuted, each kind by itself', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream.label);
    await ann.configure(stream.streamId, { muteStream: { audio: false, video: true } });
    await stands(stream.label, 'frames');
    const sound = (await ben.played(stream.label)).audioPackets;
    await ann.configure(stream.streamId, { muteStream: nothing });
    expect((await ben.plays(stream.label)).audioPackets).toBeGreaterThan(sound);
    await ann.configure(stream.streamId, { muteStream: { audio: true, video: false } });
    await stands(stream.label, 'audioPackets');
    await ann.configure(stream.streamId, { muteStream: nothing });
    expect((await ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('that is muted while it is subscribed to comes when it is unmuted', async () => {
    const stream = await ann.publish();
    await ann.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await ben.subscribe(stream, [origin.hop]);
    expect((await ben.played(stream.label)).frames).toBe(0);
    await ann.configure(stream.streamId, { muteStream: nothing });
    expect((await ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('that a subscriber mutes does not come to it, and not over the pipe where nobody else plays', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream.label);
    await ben.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await stands(stream.label, 'frames');
    const before = await origin.counters();
    await stands(stream.label, 'frames');
    const after = await origin.counters();
    // Only RTCP is left of what was hundreds of packets a second.
    expect(after.pipeBytesSent - before.pipeBytesSent).toBeLessThan(2_000);
    await ben.configure(stream.streamId, { muteStream: nothing });
    expect((await ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('comes in the layer that its subscriber chose', async () => {
    const stream = await ann.publish({ simulcast: true });
    await ben.subscribe(stream, [origin.hop]);
    const width = async (wanted: number) =>
      until(
        async () => (await ben.page.evaluate(widthOf, stream.streamId)) ?? 0,
        (now) => now === wanted,
        15_000,
      );
    expect(await width(640)).toBe(640);
    await ben.configure(stream.streamId, { qualityLayer: { spatial: 0 } });
    expect(await width(320)).toBe(320);
    await ben.configure(stream.streamId, { qualityLayer: {} });
    expect(await width(640)).toBe(640);
  });

  it('comes as a slide show to whoever asks for that, and whole again', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream.label);
    await ben.configure(stream.streamId, { slideShow_ms: 2_000 });
    await stands(stream.label, 'frames');
    const before = await ben.played(stream.label);
    const { frames } = await ben.plays(stream.label, 2);
    expect(frames - before.frames).toBeLessThan(15);
    await stands(stream.label, 'frames');
    await ben.configure(stream.streamId, { slideShow_ms: 0 });
    expect((await ben.plays(stream.label, 30)).frames).toBeGreaterThanOrEqual(30);
  });

  it('is measured where it comes in and where it is played', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream.label);
    const { streamId } = stream;
    const here = await ann.controller.peer.call('getStreamStats', { roomId, streamId });
    const there = await ben.controller.peer.call('getStreamStats', { roomId, streamId });
    expect(here.subscribers).toEqual({});
    const mine = there.subscribers[ben.clientId];
    for (const tracks of [here.publisher, there.publisher, mine]) {
      expect(tracks?.map(({ kind }) => kind).sort()).toEqual(['audio', 'video']);
      expect(tracks?.every(({ packets, bytes }) => packets > 0 && bytes > 0)).toBe(true);
    }
    const other = { roomId: newHexId(), streamId };
    expect(await ben.controller.peer.call('getStreamStats', other)).toEqual({ subscribers: {} });
  });

  it('is changed by nobody who neither publishes nor plays it', async () => {
    const { streamId } = await ann.publish();
    const { clientId } = ben;
    const config = { muteStream: { audio: true, video: true } };
    await expect(
      ann.controller.peer.call('processStreamMessage', { clientId, streamId, config }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

function widthOf(id: string): number | undefined {
  const video = document.getElementById(id);
  return video instanceof HTMLVideoElement ? video.videoWidth : undefined;
}
