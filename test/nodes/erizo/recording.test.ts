import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newStreamId } from '../../../protocol/ids.ts';
import { empty, isEmpty } from './kit/empty.ts';
import { probe, timesOf } from './kit/ffprobe.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { record, recordingSuite } from './kit/recordings.ts';

const suite = recordingSuite();

describe('a recording', () => {
  it('has both tracks from the first second to the last, and ends when it is asked to', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    expect(await erizo.counters()).toMatchObject({ recordings: 1, recordingsStarted: 1 });
    await ann.sends(30);
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
    expect(await controller.recordingEnded(recordingId)).toEqual(end);

    const probed = await probe(suite.fileOf(recordingId));
    const length_s = end.duration_ms / 1_000;
    for (const kind of ['video', 'audio'] as const) {
      const times = timesOf(probed, kind);
      expect(times[0]).toBeLessThan(0.5);
      expect(times.at(-1)).toBeGreaterThan(length_s - 1);
      expect(times.at(-1)).toBeLessThan(length_s + 1);
    }
    expect(probed.frames.find(({ media_type }) => media_type === 'video')?.key_frame).toBe(1);
    expect(probed.streams.map(({ codec_name }) => codec_name).toSorted()).toEqual(['opus', 'vp8']);

    await controller.peer.call('removeClient', { clientId: ann.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
  });

  it('is a webm where that is asked for, and is played as any other', async () => {
    const { controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = newStreamId();
    const params = { roomId, streamId, recordingId, route: [], grant: await grantOf() };
    await controller.peer.call('addExternalOutput', { ...params, format: 'webm' });
    await ann.sends(45);
    await controller.peer.call('removeExternalOutput', { recordingId });
    const file = suite.fileOf(recordingId).replace(/mkv$/, 'webm');
    // The document type of EBML (RFC 8794, section 11.2.6): Matroska's is another one.
    expect(readFileSync(file).subarray(0, 64).toString('latin1')).toContain('webm');
    expect(timesOf(await probe(file), 'video').length).toBeGreaterThan(15);
    const found = await controller.peer.call('addExternalInput', {
      ...{ roomId, clientId: ann.clientId, streamId: newStreamId(), audio: true, video: true },
      source: { type: 'recording', recordingId },
      grant: await grantOf(),
    });
    expect(found).toEqual({ audio: true, video: true });
  });

  it('is closed when its publisher leaves, and is told to be over', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(15);
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    const end = await controller.recordingEnded(recordingId);
    expect(end).toMatchObject({ why: 'ended' });
    const probed = await probe(suite.fileOf(recordingId));
    expect(probed.format.duration).toBeGreaterThan(0.9);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(10);
    expect(await erizo.settled(isEmpty)).toMatchObject({ ...empty, recordingsFailed: 0 });
  });

  it('whose publisher sends nothing any more is closed too when it is asked to', async () => {
    const { controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await controller.peer.call('processStreamMessage', {
      clientId: ann.clientId,
      streamId,
      config: { muteStream: { audio: true, video: true } },
    });
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
    expect((await probe(suite.fileOf(recordingId))).streams).toHaveLength(2);
  });

  it('is closed when its controller is away, as nobody in the room is told of it any more', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(15);
    controller.peer.close();
    expect(await erizo.settled(({ recordings }) => recordings === 0)).toMatchObject({
      ...{ recordings: 0, recordingsFailed: 0, publishers: 1 },
    });
    expect((await probe(suite.fileOf(recordingId))).format.duration).toBeGreaterThan(0.9);
  });

  it('is closed when its process is told to stop', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(15);
    await erizo.end();
    expect((await probe(suite.fileOf(recordingId))).format.duration).toBeGreaterThan(0.9);
  });
});
