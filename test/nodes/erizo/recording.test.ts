import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newStreamId } from '../../../protocol/ids.ts';
import { empty, isEmpty } from './kit/empty.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';
import { until } from './kit/until.ts';
import { erizoSuite } from './kit/suite.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { probe, timesOf } from './kit/ffprobe.ts';
import { portThief } from '../../support/port-thief.ts';

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rizoma-recording-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

// What is defined last ends first: nobody writes there any more when the folder goes.
const suite = erizoSuite();

async function start(
  folder = dir,
  more: Record<string, string> = {},
): Promise<{ erizo: TestErizo; controller: TestController }> {
  const env = { RIZOMA_RECORDING_DIR: folder, ...more };
  const erizo = await suite.start('eu-west', { env });
  return { erizo, controller: TestController.dial(erizo) };
}

/** Begins to record; resolves with the id once the file is being written. */
async function record(
  controller: TestController,
  streamId: string,
  part?: number,
): Promise<string> {
  const recordingId = newStreamId();
  const params = { roomId, streamId, recordingId, part, route: [], grant: await grantOf() };
  await controller.peer.call('addExternalOutput', params);
  return recordingId;
}

/** Another folder, in which nothing is. */
const emptyFolder = (): string => mkdtempSync(join(dir, 'empty-'));

const fileOf = (recordingId: string): string => join(dir, `${recordingId}.mkv`);

/** Of the ffmpeg that writes the file. */
function ffmpegOf(recordingId: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (command.startsWith('ffmpeg') && command.includes(recordingId)) {
        return Number(pid);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error(`no ffmpeg writes ${recordingId}`);
}

describe('a recording', () => {
  it('has both tracks from the first second to the last, and ends when it is asked to', async () => {
    const { erizo, controller } = await start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    expect(await erizo.counters()).toMatchObject({ recordings: 1, recordingsStarted: 1 });
    await ann.sends(60);
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
    expect(await controller.recordingEnded(recordingId)).toEqual(end);

    const probed = await probe(fileOf(recordingId));
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
    const { controller } = await start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = newStreamId();
    const params = { roomId, streamId, recordingId, route: [], grant: await grantOf() };
    await controller.peer.call('addExternalOutput', { ...params, format: 'webm' });
    await ann.sends(45);
    await controller.peer.call('removeExternalOutput', { recordingId });
    const file = join(dir, `${recordingId}.webm`);
    // The document type of EBML (RFC 8794, section 11.2.6): Matroska's is another one.
    expect(readFileSync(file).subarray(0, 64).toString('latin1')).toContain('webm');
    expect(timesOf(await probe(file), 'video').length).toBeGreaterThan(15);
    const found = await controller.peer.call('addExternalInput', {
      ...{ roomId, clientId: ann.clientId, streamId: newStreamId(), audio: true, video: true },
      source: { type: 'recording', recordingId },
    });
    expect(found).toEqual({ audio: true, video: true });
  });

  it('is closed when its publisher leaves, and is told to be over', async () => {
    const { erizo, controller } = await start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(15);
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    const end = await controller.recordingEnded(recordingId);
    expect(end).toMatchObject({ why: 'ended' });
    const probed = await probe(fileOf(recordingId));
    expect(probed.format.duration).toBeGreaterThan(0.9);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(10);
    expect(await erizo.settled(isEmpty)).toMatchObject({ ...empty, recordingsFailed: 0 });
  });

  it('whose publisher sends nothing any more is closed too when it is asked to', async () => {
    const { controller } = await start();
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
    expect((await probe(fileOf(recordingId))).streams).toHaveLength(2);
  });

  it('is closed when its process is told to stop', async () => {
    const { erizo, controller } = await start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(15);
    await erizo.end();
    expect((await probe(fileOf(recordingId))).format.duration).toBeGreaterThan(0.9);
  });

  it('is closed when its process is killed, and not for a silence that lasts longer', async () => {
    const [muted, killed] = [await start(), await start()];
    const recorded = async ({ controller }: { controller: TestController }, part?: number) => {
      const publisher = await suite.join(controller);
      const { streamId } = await publisher.publish();
      const recordingId = await record(controller, streamId, part);
      await publisher.sends(30);
      return { publisher, streamId, recordingId };
    };
    const quiet = await recorded(muted);
    const lost = await recorded(killed, 2);
    const muteStream = { audio: true, video: true };
    await quiet.publisher.configure(quiet.streamId, { muteStream });
    const ffmpeg = ffmpegOf(lost.recordingId);
    killed.erizo.child.kill('SIGKILL');
    await killed.erizo.exit;
    await until(
      () => Promise.resolve(existsSync(`/proc/${ffmpeg}`)),
      (isThere) => !isThere,
      20_000,
    );
    const probed = await probe(join(dir, `${lost.recordingId}-2.mkv`));
    expect(probed.format.duration).toBeGreaterThan(0.9);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(15);

    await quiet.publisher.configure(quiet.streamId, { muteStream: { audio: false, video: false } });
    await quiet.publisher.sends(15);
    const { recordingId } = quiet;
    const end = await muted.controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
  });

  it('whose ffmpeg is killed is told to have failed, and what was written plays', async () => {
    const { erizo, controller } = await start();
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    await ann.sends(45);
    process.kill(ffmpegOf(recordingId), 'SIGKILL');
    expect(await controller.recordingEnded(recordingId)).toMatchObject({ why: 'failed' });
    expect(await erizo.settled(({ recordings }) => recordings === 0)).toMatchObject({
      ...{ recordings: 0, recordingsStarted: 1, recordingsFailed: 1 },
      ...{ consumers: 0, publishers: 1 },
    });
    expect(timesOf(await probe(fileOf(recordingId)), 'video').length).toBeGreaterThan(15);
    const another = await record(controller, streamId);
    expect(another).not.toBe(recordingId);
  });

  it('begins at other ports where somebody else takes them before ffmpeg does', async () => {
    const PATH = portThief(2);
    const { erizo, controller } = await start(dir, { PATH });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const recordingId = await record(controller, streamId);
    expect(readdirSync(PATH).toSorted()).toEqual(['ffmpeg', 'theft-0', 'theft-1']);
    await ann.sends(30);
    const end = await controller.peer.call('removeExternalOutput', { recordingId });
    expect(end.why).toBe('stopped');
    const probed = await probe(fileOf(recordingId));
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
    const folder = emptyFolder();
    const { erizo, controller } = await start(folder, { PATH });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({ code: 'overloaded' });
    expect(readdirSync(folder)).toEqual([]);
    await controller.peer.call('removeClient', { clientId: ann.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject({ ...empty, recordingsFailed: 1 });
    rmSync(PATH, { recursive: true });
  });

  it('where its folder cannot be written', async () => {
    const file = join(dir, 'file');
    writeFileSync(file, '');
    const { erizo, controller } = await start(join(file, 'folder'));
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('RIZOMA_RECORDING_DIR') as string,
    });
    expect(await erizo.counters()).toMatchObject({ recordings: 0, recordingsFailed: 1 });
  });

  it('where there is no ffmpeg', async () => {
    const folder = emptyFolder();
    const { controller } = await start(folder, { PATH: folder });
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    await expect(record(controller, streamId)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('has no ffmpeg') as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a stream that is not there, or sends no picture', async () => {
    const folder = emptyFolder();
    const { controller } = await start(folder);
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
