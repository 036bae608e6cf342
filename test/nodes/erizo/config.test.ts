import { describe, expect, it } from 'vitest';
import { newHexId } from '../../../protocol/ids.ts';
import { roomId } from './kit/grants.ts';
import type { TestStream } from './kit/participant.ts';
import { standsStill } from './kit/quiet.ts';
import { erizoPair } from './kit/pair.ts';

/** Streams that are changed while they are played: over a pipe, since that is where it could be lost. */

const pair = erizoPair();

const nothing = { audio: false, video: false };

/** Resolves when nothing more comes of the stream for some time. */
async function stands(stream: TestStream, what: 'frames' | 'audioPackets'): Promise<void> {
  await standsStill(async () => (await pair.ben.played(stream))[what]);
}

describe('a stream', () => {
  it('that its publisher mutes comes to nobody until it is unmuted, each kind by itself', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream);
    await pair.ann.configure(stream.streamId, { muteStream: { audio: false, video: true } });
    await stands(stream, 'frames');
    const sound = (await pair.ben.played(stream)).audioPackets;
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    expect((await pair.ben.plays(stream)).audioPackets).toBeGreaterThan(sound);
    await pair.ann.configure(stream.streamId, { muteStream: { audio: true, video: false } });
    await stands(stream, 'audioPackets');
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    await pair.ben.plays(stream);
  });

  it('that is muted while it is subscribed to comes when it is unmuted', async () => {
    const stream = await pair.ann.publish();
    await pair.ann.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    expect((await pair.ben.played(stream)).frames).toBe(0);
    await pair.ann.configure(stream.streamId, { muteStream: nothing });
    await pair.ben.plays(stream);
  });

  it('that a subscriber mutes does not come to it, and not over the pipe where nobody else plays', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream);
    await pair.ben.configure(stream.streamId, { muteStream: { audio: true, video: true } });
    await stands(stream, 'frames');
    const before = await pair.origin.counters();
    await stands(stream, 'frames');
    const after = await pair.origin.counters();
    // Only RTCP is left of what was hundreds of packets a second.
    expect(after.pipeBytesSent - before.pipeBytesSent).toBeLessThan(2_000);
    await pair.ben.configure(stream.streamId, { muteStream: nothing });
    await pair.ben.plays(stream);
  });

  it('comes in the layer that its subscriber chose', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.seesWidth(stream, 640);
    await pair.ben.configure(stream.streamId, { qualityLayer: { spatial: 0 } });
    await pair.ben.seesWidth(stream, 320);
    await pair.ben.configure(stream.streamId, { qualityLayer: {} });
    await pair.ben.seesWidth(stream, 640);
  });

  it('comes as a slide show to whoever asks for that, and whole again', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream);
    await pair.ben.configure(stream.streamId, { slideShow_ms: 2_000 });
    await stands(stream, 'frames');
    const before = await pair.ben.played(stream);
    const { frames } = await pair.ben.plays(stream, 2);
    expect(frames - before.frames).toBeLessThan(15);
    await stands(stream, 'frames');
    await pair.ben.configure(stream.streamId, { slideShow_ms: 0 });
    await pair.ben.plays(stream, 30);
  });

  it('is measured where it comes in and where it is played', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream);
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
