import { expect, test, vi } from 'vitest';
import { countersOf } from '../support/counters.ts';
import { eventually, patience } from '../support/eventually.ts';
import type { Participant } from '../support/page/participant.ts';
import { killNode } from '../support/stage/processes.ts';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** A browser sends the layers that somebody plays, in whatever region, and no others. */

const stage = Stage.shared();
const [here, there, beyond] = ownRegions();

const camera = { width: 640, height: 360, frameRate: 15 };
/** Of sound, some three seconds: it is sent although nobody plays the picture, and so serves as a clock. */
const stretch_bytes = 10_000;

/** Waits until the publisher's layers are active as given, the lowest first. */
async function sends(publisher: Participant, active: readonly boolean[]): Promise<void> {
  await vi.waitFor(async () => {
    const layers = await publisher.layersSent();
    expect(layers.map((layer) => layer.active)).toEqual(active);
  }, patience);
}

async function soundSent_bytes(publisher: Participant): Promise<number> {
  const stats = await publisher.stats();
  return stats.find(({ direction }) => direction === 'out')?.audio?.bytes ?? 0;
}

/** Bytes of each layer, and over the pipes of the publisher's region, while it sends a stretch of sound. */
async function sentMeanwhile(
  publisher: Participant,
  region: string,
): Promise<Record<string, number>> {
  const crossed = async () =>
    (await countersOf(stage.system, region))['pipe_sent_bytes_total'] ?? 0;
  const [layers, wan] = [await publisher.layersSent(), await crossed()];
  const end = (await soundSent_bytes(publisher)) + stretch_bytes;
  const sound = () => soundSent_bytes(publisher);
  await eventually(`${end} bytes of sound are sent`, sound, (bytes) => bytes >= end);
  const after = await publisher.layersSent();
  const sent = after.map(({ rid, bytes }, index) => [rid, bytes - (layers[index]?.bytes ?? 0)]);
  return { ...Object.fromEntries(sent), wan: (await crossed()) - wan };
}

test('what is sent follows a viewer in another region, and its publisher to another node', async () => {
  const ann = await stage.join({ name: 'ann', region: { allow: [here, beyond], prefer: [here] } });
  const id = await ann.publish({ camera, layers: 2 });
  await sends(ann, [false, false]);
  const nobody = await sentMeanwhile(ann, here);

  const ben = await stage.join({ name: 'ben', region: there });
  await ben.showsWidth(640, id);
  await sends(ann, [true, true]);
  const all = await sentMeanwhile(ann, here);

  await ben.setPlayback(id, { maxSpatial: 0 });
  await sends(ann, [true, false]);
  await ben.showsWidth(320, id);
  const low = await sentMeanwhile(ann, here);
  console.log(JSON.stringify({ bytes: { nobody, all, low } }));
  expect(nobody).toMatchObject({ h: 0, f: 0 });
  expect(low).toMatchObject({ f: 0 });

  await ben.setPlayback(id, {});
  await sends(ann, [true, true]);
  await ben.showsWidth(640, id);

  // At another node it starts from nothing, and what ben wants is what it was.
  await ben.setPlayback(id, { maxSpatial: 0 });
  await sends(ann, [true, false]);
  const connections = async () => new Set((await ann.layersSent()).map((one) => one.connection));
  const before = await connections();
  killNode(stage.system, here);
  await vi.waitFor(async () => expect((await ann.place()).region).toBe(beyond), patience);
  // The ErizoJS process outlives its node, and is sent to until the new connection stands.
  await vi.waitFor(async () => expect(await connections()).not.toEqual(before), patience);
  await sends(ann, [true, false]);
  await ben.showsWidth(320, id);
  expect(await sentMeanwhile(ann, beyond)).toMatchObject({ f: 0 });

  await ben.close();
  await sends(ann, [false, false]);
});

test('a viewer that wants one picture is sent that of the last speaker and all sound, and the other publisher sends none', async () => {
  const publishers: Participant[] = [];
  for (const name of ['ann', 'cleo']) {
    const publisher = await stage.join({ name, region: here, playsAll: false });
    await publisher.publish({ camera, layers: 2 });
    publishers.push(publisher);
  }
  const ben = await stage.join({ name: 'ben', region: there, playsAll: false });
  await ben.setLastN(1);
  const streams = await ben.streams();
  expect(streams).toHaveLength(2);
  await Promise.all(streams.map((id) => ben.subscribe(id)));

  /** Whose pictures move while the sound of both goes on. */
  const moving = async (): Promise<string[]> => {
    const before = await ben.played();
    const now = await eventually(
      'the sound of both streams goes on',
      () => ben.played(),
      (all) => all.every(({ sound }, at) => grows(sound?.bytes, before[at]?.sound?.bytes)),
    );
    return now
      .filter(({ decoded }, at) => decoded.frames > (before[at]?.decoded.frames ?? 0))
      .map(({ streamId }) => streamId);
  };
  const grows = (now = 0, before = 0): boolean => now > before + stretch_bytes;
  await vi.waitFor(async () => {
    const shown = await moving();
    expect(shown, 'streams whose picture moves').toHaveLength(1);
    expect(await ben.lastN()).toEqual(shown);
    const sent = await Promise.all(publishers.map((publisher) => publisher.layersSent()));
    const sending = sent.filter((layers) => layers.some(({ active }) => active));
    expect(sending, 'publishers that send a picture').toHaveLength(1);
  }, patience);

  await ben.setLastN(undefined);
  await vi.waitFor(async () => expect(await moving()).toHaveLength(2), patience);
});
