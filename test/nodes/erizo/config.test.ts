import { describe, expect, it } from 'vitest';
import { newHexId } from '../../../protocol/ids.ts';
import { roomId } from './kit/grants.ts';
import { until } from './kit/participant.ts';
import { erizoPair } from './kit/pair.ts';

/** Streams that are changed while they are played: over a pipe, since that is where it could be lost. */

const pair = erizoPair();

const nothing = { audio: false, video: false };

/** Resolves when what has come of the stream stands still for half a second of the browser's time. */
async function stands(label: string, what: 'frames' | 'audioPackets'): Promise<void> {
  await until(
    async () => {
      const before = (await pair.ben.played(label))[what];
      await pair.ben.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 500)));
      return (await pair.ben.played(label))[what] - before;
    },
    (more) => more === 0,
    10_000,
  );
}

describe('a stream', () => {
  it('that its publisher mutes comes to nobody until it is unmuted, each kind by itself', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream.label);
    await pair.ann.configure(stream.streamId, { muteStream: { audio: false, video: true } });
    await stands(stream.label, 'frames');
    const sound = (await pair.ben.played(stream.label)).audioPackets;
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    expect((await pair.ben.plays(stream.label)).audioPackets).toBeGreaterThan(sound);
    await pair.ann.configure(stream.streamId, { muteStream: { audio: true, video: false } });
    await stands(stream.label, 'audioPackets');
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    expect((await pair.ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('that is muted while it is subscribed to comes when it is unmuted', async () => {
    const stream = await pair.ann.publish();
    await pair.ann.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    expect((await pair.ben.played(stream.label)).frames).toBe(0);
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    expect((await pair.ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('that a subscriber mutes does not come to it, and not over the pipe where nobody else plays', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream.label);
    await pair.ben.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await stands(stream.label, 'frames');
    const before = await pair.origin.counters();
    await stands(stream.label, 'frames');
    const after = await pair.origin.counters();
    // Only RTCP is left of what was hundreds of packets a second.
    expect(after.pipeBytesSent - before.pipeBytesSent).toBeLessThan(2_000);
    await pair.ben.configure(stream.streamId, { muteStream: nothing });
    expect((await pair.ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(15);
  });

  it('comes in the layer that its subscriber chose', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    const width = async (wanted: number) =>
      until(
        async () => (await pair.ben.page.evaluate(widthOf, stream.streamId)) ?? 0,
        (now) => now === wanted,
        15_000,
      );
    expect(await width(640)).toBe(640);
    await pair.ben.configure(stream.streamId, { qualityLayer: { spatial: 0 } });
    expect(await width(320)).toBe(320);
    await pair.ben.configure(stream.streamId, { qualityLayer: {} });
    expect(await width(640)).toBe(640);
  });

  it('comes as a slide show to whoever asks for that, and whole again', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream.label);
    await pair.ben.configure(stream.streamId, { slideShow_ms: 2_000 });
    await stands(stream.label, 'frames');
    const before = await pair.ben.played(stream.label);
    const { frames } = await pair.ben.plays(stream.label, 2);
    expect(frames - before.frames).toBeLessThan(15);
    await stands(stream.label, 'frames');
    await pair.ben.configure(stream.streamId, { slideShow_ms: 0 });
    expect((await pair.ben.plays(stream.label, 30)).frames).toBeGreaterThanOrEqual(30);
  });

  it('is measured where it comes in and where it is played', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream.label);
    const { streamId } = stream;
    const here = await pair.ann.controller.peer.call('getStreamStats', { roomId, streamId });
    const there = await pair.ben.controller.peer.call('getStreamStats', { roomId, streamId });
    expect(here.subscribers).toEqual({});
    const mine = there.subscribers[pair.ben.clientId];
    for (const tracks of [here.publisher, there.publisher, mine]) {
      expect(tracks?.map(({ kind }) => kind).sort()).toEqual(['audio', 'video']);
      expect(tracks?.every(({ packets, bytes }) => packets > 0 && bytes > 0)).toBe(true);
    }
    const other = { roomId: newHexId(), streamId };
    expect(await pair.ben.controller.peer.call('getStreamStats', other)).toEqual({
      subscribers: {},
    });
  });

  it('is changed by nobody who neither publishes nor plays it', async () => {
    const { streamId } = await pair.ann.publish();
    const { clientId } = pair.ben;
    const config = { muteStream: { audio: true, video: true } };
    await expect(
      pair.ann.controller.peer.call('processStreamMessage', { clientId, streamId, config }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

function widthOf(id: string): number | undefined {
  const video = document.getElementById(id);
  return video instanceof HTMLVideoElement ? video.videoWidth : undefined;
}
