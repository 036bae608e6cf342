import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { countersOf } from '../support/counters.ts';
import { probe, timesOf } from '../nodes/erizo/kit/ffprobe.ts';
import { patience } from '../support/eventually.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';
import { roomIdOf } from '../support/tokens.ts';

/** One recording, begun and ended by a viewer in another region, shown to all meanwhile, and played by ffprobe. */

const stage = Stage.shared();
const [here, there] = ownRegions();

test('a stream is recorded while it plays, all are shown that it is, and the file has its picture and its sound', async () => {
  const { system } = stage;
  const [ann, bob] = await Promise.all([
    stage.joinLicode({ name: 'ann', region: here }),
    stage.joinLicode({ name: 'bob', region: there }),
  ]);
  // In another region than the one where the recording is asked for.
  const cleo = await stage.openDemo({ name: 'cleo', region: here });
  const sign = () => cleo.texts('#recording');
  expect(await sign()).toEqual(['']);
  const camera = await ann.publish({ name: 'ann' });
  await bob.follow(camera);
  const recording = String(await bob.ask('startRecorder', { to: camera }));
  expect(recording).toMatch(/^\d+$/);
  const recordings = async () =>
    (await Promise.all([here, there].map((region) => countersOf(system, region)))).reduce(
      (sum, counters) => sum + (counters['recordings'] ?? 0),
      0,
    );
  expect(await recordings()).toBe(1);
  await vi.waitFor(async () => expect(await sign()).toEqual(['Recording']), patience);
  // More than has to be in the file.
  await bob.goesOn(camera, 60);
  expect(await bob.ask('stopRecorder', { id: recording })).toBe(true);
  await bob.hears(`recording_ended ${recording} 1`);
  expect(await recordings()).toBe(0);
  await vi.waitFor(async () => expect(await sign()).toEqual(['']), patience);
  await cleo.close();

  const beside = await readFile(join(system.recordingDir, `${recording}.json`), 'utf8');
  expect(JSON.parse(beside)).toEqual({
    serviceId: system.secrets.NUVE_SUPERSERVICE_ID,
    roomId: await roomIdOf(system, stage.room),
    streamId: camera,
  });
  const probed = await vi.waitFor(async () => {
    const found = await probe(join(system.recordingDir, `${recording}.mkv`));
    expect(found.format.duration, 'its length in seconds').toBeGreaterThan(1);
    return found;
  }, patience);
  const codecs = probed.streams.map(({ codec_type, codec_name }) => `${codec_type} ${codec_name}`);
  expect(codecs.toSorted()).toEqual(['audio opus', 'video vp8']);
  expect(timesOf(probed, 'video').length).toBeGreaterThanOrEqual(30);
  expect(timesOf(probed, 'audio').length).toBeGreaterThan(0);
  expect(probed.frames.find(({ media_type }) => media_type === 'video')?.key_frame).toBe(1);
  await ann.disconnect();
  await bob.disconnect();
});
