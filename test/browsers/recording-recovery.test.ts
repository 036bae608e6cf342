import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newStreamId } from '../../protocol/ids.ts';
import { probe, timesOf } from '../nodes/erizo/kit/ffprobe.ts';
import { openIn } from '../support/counters.ts';
import { killErizos } from '../support/killed.ts';
import { licodeSuite } from '../support/licode-suite.ts';
import { Participant } from '../support/participant.ts';

/** What is left of a file that is written, and of one that is played, when their ErizoJS process is killed. */

const patience = { timeout: 40_000, interval: 250 };
const region = 'eu-west';
const elsewhere = 'ap-northeast';
/** As a node writes them, and longer than any test. */
const film = newStreamId();
const dir = mkdtempSync(joinPath(tmpdir(), 'rizoma-recordings-'));

beforeAll(async () => {
  await promisify(execFile)('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=15'],
    ...['-f', 'lavfi', '-i', 'sine', '-t', '120', '-pix_fmt', 'yuv420p', '-c:v', 'libvpx'],
    ...['-deadline', 'realtime', '-g', '15', '-c:a', 'libopus', joinPath(dir, `${film}.mkv`)],
  ]);
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

// What is defined last ends first: nobody writes there any more when the folder goes.
const suite = licodeSuite(9, {
  regions: [region, elsewhere],
  env: { RIZOMA_RECORDING_DIR: dir },
});

const goesOn = (page: Page, id: string): Promise<void> =>
  page.evaluate((stream) => window.licode.goesOn(stream, 15), id);

const told = (page: Page, words: string): Promise<void> =>
  page.evaluate((wanted) => window.licode.until(wanted), words);

async function follow(page: Page, id: string): Promise<void> {
  await told(page, `onAddStream ${id}`);
  await page.evaluate((wanted) => window.licode.subscribe(wanted), id);
  await goesOn(page, id);
}

test('a film goes on under its id, and a recording in a further file, when their process is killed', async () => {
  const { system, join } = suite;
  const atStart = await openIn(system);
  const here = { room: 'files', region };
  const ann = await join({ ...here, name: 'ann' });
  const bob = await join({ ...here, name: 'bob' });
  const camera = await ann.evaluate(() => window.licode.publish({ name: 'ann' }));
  const played = await ann.evaluate((id) => window.licode.play('recording', id), film);
  await Promise.all([follow(bob, camera), follow(bob, played)]);
  const recording = String(
    await bob.evaluate((to) => window.licode.ask('startRecorder', { to }), camera),
  );
  await goesOn(bob, camera);

  // Twice, as what was restored is to be restored as well.
  for (const part of [2, 3]) {
    await killErizos(system, region);
    await Promise.all([goesOn(bob, camera), goesOn(bob, played)]);
    await told(bob, `recording_continued ${recording} ${part}`);
    await told(ann, `recording_continued ${recording} ${part}`);
    await goesOn(bob, camera);
  }
  expect(await bob.evaluate((id) => window.licode.ask('stopRecorder', { id }), recording)).toBe(
    true,
  );
  await told(bob, `recording_ended ${recording} 3`);

  const files = [recording, `${recording}-2`, `${recording}-3`].map((name) => `${name}.mkv`);
  expect(readdirSync(dir).toSorted()).toEqual([...files, `${film}.mkv`].toSorted());
  for (const file of files) {
    // Its length stands in the file once that was closed, which ffmpeg does when its process is gone.
    const probed = await vi.waitFor(async () => {
      const found = await probe(joinPath(dir, file));
      expect(found.format.duration).toBeGreaterThan(0.5);
      return found;
    }, patience);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(10);
    expect(probed.frames.find(({ media_type }) => media_type === 'video')?.key_frame).toBe(1);
  }
  const words = await Promise.all(
    [ann, bob].map((page) => page.evaluate(() => window.licode.told)),
  );
  expect(words.flat().filter((word) => word.startsWith('on'))).toEqual([]);
  for (const page of [ann, bob]) {
    await page.evaluate(() => window.licode.disconnect());
  }
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});

test('a recording in another region goes on when the process of the publisher is killed', async () => {
  const { system, join } = suite;
  const atStart = await openIn(system);
  const ann = await join({ room: 'far', name: 'ann', region });
  const bob = await join({ room: 'far', name: 'bob', region: elsewhere });
  const camera = await ann.evaluate(() => window.licode.publish({ name: 'ann' }));
  await follow(bob, camera);
  const recording = String(
    await bob.evaluate((to) => window.licode.ask('startRecorder', { to }), camera),
  );
  await goesOn(bob, camera);
  await killErizos(system, region);
  await told(bob, `recording_continued ${recording} 2`);
  await goesOn(bob, camera);
  await bob.evaluate((id) => window.licode.ask('stopRecorder', { id }), recording);
  await told(bob, `recording_ended ${recording} 2`);
  for (const name of [recording, `${recording}-2`]) {
    const probed = await probe(joinPath(dir, `${name}.mkv`));
    expect(probed.format.duration).toBeGreaterThan(0.5);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(10);
  }
  for (const page of [ann, bob]) {
    await page.evaluate(() => window.licode.disconnect());
  }
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});

test('a recording of a client of ours goes on when its process is killed', async () => {
  const { browser, system, join } = suite;
  const atStart = await openIn(system);
  const bob = await join({ room: 'ours', name: 'bob', region });
  const ann = await Participant.open(browser, system, { room: 'ours', name: 'ann', region });
  const camera = await vi.waitFor(async () => {
    const words = await bob.evaluate(() => window.licode.told);
    const [, id] = words.map((word) => /^onAddStream (\d+)/.exec(word)).find(Boolean) ?? [];
    return id ?? Promise.reject(new Error('nobody publishes yet'));
  }, patience);
  await follow(bob, camera);
  const recording = String(
    await bob.evaluate((to) => window.licode.ask('startRecorder', { to }), camera),
  );
  await goesOn(bob, camera);
  for (const part of [2, 3]) {
    await killErizos(system, region);
    await told(bob, `recording_continued ${recording} ${part}`);
    // It left the room meanwhile, for who is written for Licode.
    await bob.evaluate((id) => window.licode.subscribe(id), camera);
    await goesOn(bob, camera);
  }
  await bob.evaluate((id) => window.licode.ask('stopRecorder', { id }), recording);
  await told(bob, `recording_ended ${recording} 3`);
  for (const name of [recording, `${recording}-2`, `${recording}-3`]) {
    const probed = await vi.waitFor(async () => {
      const found = await probe(joinPath(dir, `${name}.mkv`));
      expect(found.format.duration).toBeGreaterThan(0.5);
      return found;
    }, patience);
    expect(timesOf(probed, 'video').length).toBeGreaterThan(10);
  }
  expect(ann.complaints).toEqual([]);
  await ann.leave();
  await bob.evaluate(() => window.licode.disconnect());
  await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
});
