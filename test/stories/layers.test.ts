import { expect, test, vi } from 'vitest';
import type { Played } from '../support/page/in-page/client.ts';
import type { Participant } from '../support/page/participant.ts';
import { eventually, patience } from '../support/eventually.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** A participant receives the layer that fits the window, and as many pictures as are wanted. */

const stage = Stage.shared();
const [here, there] = ownRegions();

/** Waits until the publisher's layers are active as given, the lowest first. */
async function sends(publisher: Participant, active: readonly boolean[]): Promise<void> {
  await vi.waitFor(async () => {
    const layers = await publisher.layersSent();
    expect(layers.map((layer) => layer.active)).toEqual(active);
  }, patience);
}

/** Waits until of so many streams one shows pictures, the other tiles say so, and the sound of all has gone on meanwhile. */
async function showsOneOf(count: number, viewer: Participant): Promise<void> {
  let before: Played[] = await viewer.played();
  const first = before;
  await eventually(
    `one of ${count} pictures moves`,
    async () => {
      const now = await viewer.played();
      const notes = await viewer.texts('.tile-note');
      const moves = now.filter(({ frames }, at) => frames > (before[at]?.frames ?? 0)).length;
      before = now;
      return { moves, hidden: notes.filter((one) => one === 'sound only for now').length };
    },
    ({ moves, hidden }) => moves === 1 && hidden === count - 1,
    // One that stands still for a moment has moved within it.
    { interval: 1_500 },
  );
  // Packets and not loudness: a browser that plays the beeps of others may take its own microphone's for their echo.
  await eventually(
    `all ${count} sounds go on`,
    async () =>
      (await viewer.played()).map(({ sound }, at) => ({
        before: first[at]?.sound?.bytes ?? 0,
        now: sound?.bytes ?? 0,
      })),
    (sounds) => sounds.length === count && sounds.every(({ before, now }) => now > before),
  );
}

test('a publisher sends the layers that windows have a use for, and one that wants a single picture is sent one and all sound', async () => {
  // Ann plays nobody, so that the pages which watch her need not encode their own pictures.
  const ann = await stage.join({ name: 'ann', region: here, playsAll: false });
  const camera = { width: 640, height: 360, frameRate: 15 };
  const id = await ann.publish({ camera, layers: 2 });
  await sends(ann, [false, false]);

  const ben = await stage.openDemo({ name: 'ben', region: there });
  await ben.showsWidth(640, id);
  await sends(ann, [true, true]);
  await ben.page.resize({ width: 260, height: 500 });
  await sends(ann, [true, false]);
  await ben.showsWidth(320, id);
  await ben.page.resize({ width: 960, height: 640 });
  await sends(ann, [true, true]);
  await ben.showsWidth(640, id);

  const cleo = await stage.openDemo({ name: 'cleo', region: there, videos: '1' });
  await showsOneOf(2, cleo);

  await Promise.all([ben.close(), cleo.close()]);
  await sends(ann, [false, false]);
});
