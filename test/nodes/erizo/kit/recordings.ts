import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { newStreamId } from '../../../../protocol/ids.ts';
import { grantOf, roomId } from './grants.ts';
import type { ErizoSuite } from './suite.ts';
import { erizoSuite } from './suite.ts';
import { TestController } from './test-controller.ts';
import type { TestErizo } from './test-erizo.ts';

export interface Recorder {
  readonly erizo: TestErizo;
  readonly controller: TestController;
}

/** What the tests of a file about recordings have in common: processes that write into one folder. */
export interface RecordingSuite extends Pick<ErizoSuite, 'join'> {
  /** Starts a process that records into the folder, or another one. */
  start(options?: { folder?: string; env?: Record<string, string> }): Promise<Recorder>;
  /** Where a recording is. */
  fileOf(recordingId: string): string;
  /** Makes another folder, in which nothing is. */
  emptyFolder(): string;
}

/** To be called once in a file. */
export function recordingSuite(): RecordingSuite {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'rizoma-recording-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  // What is defined last ends first: nothing writes there any more when the folder goes.
  const suite = erizoSuite();
  return {
    join: (controller, options) => suite.join(controller, options),
    start: async ({ folder = dir, env = {} } = {}) => {
      const erizo = await suite.start('eu-west', { env: { RIZOMA_RECORDING_DIR: folder, ...env } });
      return { erizo, controller: TestController.dial(erizo) };
    },
    fileOf: (recordingId) => join(dir, `${recordingId}.mkv`),
    emptyFolder: () => mkdtempSync(join(dir, 'empty-')),
  };
}

/** Begins to record; resolves with the id once the file is being written. */
export async function record(
  controller: TestController,
  streamId: string,
  part?: number,
): Promise<string> {
  const recordingId = newStreamId();
  const params = { roomId, streamId, recordingId, part, route: [], grant: await grantOf() };
  await controller.peer.call('addExternalOutput', params);
  return recordingId;
}

/** The process id of the ffmpeg that writes the recording. */
export function ffmpegOf(recordingId: string): number {
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
