import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test, vi } from 'vitest';
import { newHexId, newStreamId } from '../../protocol/ids.ts';
import type { Probed } from '../nodes/erizo/kit/ffprobe.ts';
import { probe, timesOf } from '../nodes/erizo/kit/ffprobe.ts';
import { patience } from '../support/eventually.ts';
import type { LicodeParticipant } from '../support/page/licode-participant.ts';
import { killBusyErizos } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** What is left of a file that is written, and of one that is played, when their ErizoJS process is killed. */

const stage = Stage.shared();
const [here, there] = ownRegions();
/** As a node writes them, and longer than any test. */
const film = newStreamId();

beforeAll(async () => {
  const { recordingDir, secrets } = stage.system;
  mkdirSync(recordingDir, { recursive: true });
  await promisify(execFile)('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=15'],
    ...['-f', 'lavfi', '-i', 'sine', '-t', '120', '-pix_fmt', 'yuv420p', '-c:v', 'libvpx'],
    ...['-deadline', 'realtime', '-g', '15', '-c:a', 'libopus'],
    join(recordingDir, `${film}.mkv`),
  ]);
  const serviceId = secrets.NUVE_SUPERSERVICE_ID;
  const binding = { serviceId, roomId: newHexId(), streamId: newStreamId() };
  writeFileSync(join(recordingDir, `${film}.json`), JSON.stringify(binding));
});

async function startRecorder(at: LicodeParticipant, streamId: string): Promise<string> {
  const recording = String(await at.ask('startRecorder', { to: streamId }));
  expect(recording).toMatch(/^\d+$/);
  await at.goesOn(streamId);
  return recording;
}

/** The files of a recording, in the order of their names; each has beside it whose it is. */
function filesOf(recording: string): string[] {
  return readdirSync(stage.system.recordingDir)
    .filter((name) => name.startsWith(recording))
    .toSorted();
}

/** Reads a file, whose length stands in it once ffmpeg has closed it: it notices that its process is gone. */
function probeClosed(name: string): Promise<Probed> {
  return vi.waitFor(async () => {
    const probed = await probe(join(stage.system.recordingDir, `${name}.mkv`));
    expect(probed.format.duration, `length of ${name} in seconds`).toBeGreaterThan(0.5);
    expect(timesOf(probed, 'video').length, `frames of ${name}`).toBeGreaterThan(10);
    return probed;
  }, patience);
}

test('a film goes on under its id, and a recording in a further file, when their process is killed', async () => {
  const ann = await stage.joinLicode({ name: 'ann', region: here });
  const bob = await stage.joinLicode({ name: 'bob', region: here });
  const camera = await ann.publish({ name: 'ann' });
  const played = await ann.play('recording', film);
  await Promise.all([bob.follow(camera), bob.follow(played)]);
  const recording = await startRecorder(bob, camera);

  // Twice, as what was restored is to be restored as well.
  for (const part of [2, 3]) {
    await killBusyErizos(stage.system, here);
    await Promise.all([bob.goesOn(camera), bob.goesOn(played)]);
    await bob.hears(`recording_continued ${recording} ${part}`);
    await bob.goesOn(camera);
  }
  expect(await bob.ask('stopRecorder', { id: recording })).toBe(true);
  await bob.hears(`recording_ended ${recording} 3`);

  const names = [recording, `${recording}-2`, `${recording}-3`];
  const files = names.flatMap((name) => [`${name}.mkv`, `${name}.json`]);
  expect(filesOf(recording)).toEqual(files.toSorted());
  for (const name of names) {
    const { frames } = await probeClosed(name);
    expect(frames.find(({ media_type }) => media_type === 'video')?.key_frame).toBe(1);
  }
  const told = (await Promise.all([ann.told(), bob.told()])).flat();
  expect(told.filter((words) => words.startsWith('on'))).toEqual([]);
  await Promise.all([ann.disconnect(), bob.disconnect()]);
});

test('a recording in another region goes on when the process of the publisher is killed', async () => {
  const ann = await stage.joinLicode({ name: 'ann', region: here });
  const bob = await stage.joinLicode({ name: 'bob', region: there });
  const camera = await ann.publish({ name: 'ann' });
  await bob.follow(camera);
  const recording = await startRecorder(bob, camera);
  await killBusyErizos(stage.system, here);
  await bob.hears(`recording_continued ${recording} 2`);
  await bob.goesOn(camera);
  await bob.ask('stopRecorder', { id: recording });
  await bob.hears(`recording_ended ${recording} 2`);
  await probeClosed(recording);
  await probeClosed(`${recording}-2`);
  await Promise.all([ann.disconnect(), bob.disconnect()]);
});

test('a recording of a client of ours goes on when its process is killed', async () => {
  const bob = await stage.joinLicode({ name: 'bob', region: here });
  const ann = await stage.join({ name: 'ann', region: here });
  const camera = await ann.publish();
  await bob.follow(camera);
  const recording = await startRecorder(bob, camera);
  for (const part of [2, 3]) {
    await killBusyErizos(stage.system, here);
    await bob.hears(`recording_continued ${recording} ${part}`);
    // Licode's clients are told that it left the room meanwhile.
    await bob.subscribe(camera);
    await bob.goesOn(camera);
  }
  await bob.ask('stopRecorder', { id: recording });
  await bob.hears(`recording_ended ${recording} 3`);
  for (const name of [recording, `${recording}-2`, `${recording}-3`]) {
    await probeClosed(name);
  }
  await bob.disconnect();
});
