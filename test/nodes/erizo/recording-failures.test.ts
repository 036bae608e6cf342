import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newStreamId } from '../../../protocol/ids.ts';
import { portThief } from '../../support/port-thief.ts';
import { empty, isEmpty } from './kit/empty.ts';
import { probe, timesOf } from './kit/ffprobe.ts';
import { ffmpegOf, record, recordingSuite } from './kit/recordings.ts';

const suite = recordingSuite();

describe('a recording', () => {
  it('whose ffmpeg is killed is told to have failed, and what was written plays', async () => {
    const { erizo, controller } = await suite.start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(45);
    process.kill(ffmpegOf(recordingId), 'SIGKILL');
    expect(await controller.recordingEnded(recordingId)).toMatchObject({ why: 'failed' });
    await erizo.becomes({
      ...{ recordings: 0, recordingsStarted: 1, recordingsFailed: 1 },
      ...{ consumers: 0, publishers: 1 },
    });
    expect(timesOf(await probe(suite.fileOf(recordingId)), 'video').length).toBeGreaterThan(15);
    const another = await record(controller, streamId);
    expect(another).not.toBe(recordingId);
  });

  it('begins at other ports where somebody else takes them before ffmpeg does', async () => {
    const PATH = portThief(2);
    const { erizo, controller } = await suite.start({ env: { PATH } });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    expect(readdirSync(PATH).toSorted()).toEqual(['ffmpeg', 'theft-0', 'theft-1']);
    await ann.sends(30);
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
    const probed = await probe(suite.fileOf(recordingId));
    for (const kind of ['video', 'audio'] as const) {
      expect(timesOf(probed, kind)[0]).toBeLessThan(0.5);
    }
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject({ ...empty, recordingsFailed: 0 });
    rmSync(PATH, { recursive: true });
  });
});

describe('a recording is refused', () => {
  it('where somebody else takes its ports again and again', async () => {
    const PATH = portThief(100);
    const folder = suite.emptyFolder();
    const { erizo, controller } = await suite.start({ folder, env: { PATH } });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({ code: 'overloaded' });
    expect(readdirSync(folder)).toEqual([]);
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject({ ...empty, recordingsFailed: 1 });
    rmSync(PATH, { recursive: true });
  });

  it('where its folder cannot be written', async () => {
    const file = join(suite.emptyFolder(), 'file');
    writeFileSync(file, '');
    const { erizo, controller } = await suite.start({ folder: join(file, 'folder') });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('RIZOMA_RECORDING_DIR') as string,
    });
    expect(await erizo.counters()).toMatchObject({ recordings: 0, recordingsFailed: 1 });
  });

  it('where there is no ffmpeg', async () => {
    const folder = suite.emptyFolder();
    const { controller } = await suite.start({ folder, env: { PATH: folder } });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('has no ffmpeg') as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a stream that is not there, or sends no picture', async () => {
    const folder = suite.emptyFolder();
    const { controller } = await suite.start({ folder });
    await expect(record(controller, newStreamId())).rejects.toMatchObject({ code: 'not_found' });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const config = { muteStream: { audio: false, video: true } };
    const params = { clientId: ann.clientId, streamId, config };
    await controller.peer.call('processStreamMessage', params);
    await expect(record(controller, streamId)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('no picture') as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
