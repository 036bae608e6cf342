import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { probe, timesOf } from '../nodes/erizo/kit/ffprobe.ts';
import { ffmpegOf, record, recordingSuite } from '../nodes/erizo/kit/recordings.ts';
import type { Recorder } from '../nodes/erizo/kit/recordings.ts';
import { until } from '../nodes/erizo/kit/until.ts';

/** ffmpeg closes its file when nothing has come for 10 s from a process that is gone. */

const suite = recordingSuite();

it('a recording is closed when its process is killed, and not for a silence that lasts longer', async () => {
  const [muted, killed] = [await suite.start(), await suite.start()];
  const recorded = async ({ controller }: Recorder, part?: number) => {
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
  const probed = await probe(suite.fileOf(`${lost.recordingId}-2`));
  expect(probed.format.duration).toBeGreaterThan(0.9);
  expect(timesOf(probed, 'video').length).toBeGreaterThan(15);

  await quiet.publisher.configure(quiet.streamId, { muteStream: { audio: false, video: false } });
  await quiet.publisher.sends(15);
  const { recordingId } = quiet;
  const end = await muted.controller.peer.call('removeExternalOutput', { recordingId });
  expect(end.why).toBe('stopped');
});
