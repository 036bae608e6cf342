import { describe, expect, it, vi } from 'vitest';
import { newUuid } from '../../../protocol/ids.ts';
import { Participant, TestController, until } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';

/** Which layers a publisher is asked for, by who plays it in its own region and in another. */

const suite = erizoSuite();

const patience = { timeout: 30_000, interval: 50 };
/** A picture that comes anew, or in another size, takes a machine with much to do some seconds. */
const long = { timeout: 150_000 };

/** Ann publishes two layers in one region and follows; a gateway and a process behind it are in another. */
async function scene() {
  const [origin, gateway, behind] = await Promise.all([
    suite.start('eu-west', '127.0.1.1'),
    suite.start('us-east', '127.0.2.1'),
    suite.start('us-east', '127.0.2.1'),
  ]);
  const [atOrigin, atGateway, atBehind] = [origin, gateway, behind].map((erizo) =>
    TestController.dial(erizo),
  );
  if (atOrigin === undefined || atGateway === undefined || atBehind === undefined) {
    throw new Error('three were started');
  }
  const ann = await Participant.create(suite.browser, atOrigin);
  ann.follows = true;
  const stream = await ann.publish({ simulcast: true });
  const asked = (spatial: number | null): Promise<unknown> =>
    vi.waitUntil(() => atOrigin.wanted.at(-1) === spatial, patience);
  return { origin, gateway, behind, atOrigin, atGateway, atBehind, ann, stream, asked };
}

/** Resolves when the picture that is played has this width. */
async function seesWidth(viewer: Participant, label: string, width: number): Promise<void> {
  const found = await until(
    () => viewer.page.evaluate(() => document.querySelector('video')?.videoWidth ?? 0),
    (now) => now === width,
    30_000,
  );
  expect([label, found]).toEqual([label, width]);
}

describe('the layers of a publisher that follows', () => {
  it('are those that somebody plays in any region, and none while nobody does', long, async () => {
    const { origin, gateway, atOrigin, atGateway, atBehind, ann, stream, asked } = await scene();
    const { streamId, label } = stream;
    await asked(null);
    const quiet = await ann.sent();
    const dan = await Participant.create(suite.browser, atBehind);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    expect(atOrigin.wanted).toEqual([null, 7]);
    await dan.plays(label);
    await seesWidth(dan, label, 640);

    await dan.configure(streamId, { qualityLayer: { spatial: 0 } });
    await asked(0);
    await seesWidth(dan, label, 320);
    // The high layer is off for good: the browser sends no more of it, and the low one goes on.
    const low = await until(
      () => ann.sent(),
      ({ q = 0 }) => q > (quiet['q'] ?? 0),
      10_000,
    );
    await dan.plays(label, 30);
    const later = await ann.sent();
    expect(later['f']).toBe(low['f']);
    expect(later['q']).toBeGreaterThan(low['q'] ?? 0);

    const ben = await Participant.create(suite.browser, atGateway);
    await ben.subscribe(stream, [origin.hop]);
    await asked(7);
    // What was off is seen once it is on again.
    await seesWidth(ben, label, 640);
    await seesWidth(dan, label, 320);
    await ben.unsubscribe(streamId);
    await asked(0);
    await dan.unsubscribe(streamId);
    await asked(null);
  });

  it(
    'are none while those who listen want no pictures, and their sound goes on',
    long,
    async () => {
      const { origin, atGateway, ann, stream, asked } = await scene();
      const { streamId, label } = stream;
      const ben = await Participant.create(suite.browser, atGateway);
      await ben.subscribe(stream, [origin.hop]);
      await ben.plays(label);
      await ben.configure(streamId, { muteStream: { audio: false, video: true } });
      await asked(null);
      const before = await ben.played(label);
      const after = await until(
        () => ben.played(label),
        ({ audioPackets }) => audioPackets > before.audioPackets + 100,
        10_000,
      );
      expect(after.frames).toBe(before.frames);
      expect(after.audioPackets).toBeGreaterThan(before.audioPackets + 100);
      await ben.configure(streamId, { muteStream: { audio: false, video: false } });
      await asked(7);
      await ben.plays(label);
      expect(await ann.sent()).not.toEqual({});
    },
  );

  it('are asked for anew by another way after the first one broke', long, async () => {
    const { origin, gateway, atBehind, stream, asked } = await scene();
    const { streamId, label } = stream;
    const dan = await Participant.create(suite.browser, atBehind);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    await dan.plays(label);
    const failure = atBehind.nextFailure();
    gateway.child.kill('SIGKILL');
    await failure;
    await asked(null);
    await dan.subscribe(stream, [origin.hop]);
    await asked(7);
    expect((await dan.plays(label)).frames).toBeGreaterThan(0);
    await dan.configure(streamId, { qualityLayer: { spatial: 0 } });
    await asked(0);
  });

  it('are told to its controller again when that is back', async () => {
    const origin = await suite.start('eu-west', '127.0.1.1');
    const controllerId = newUuid();
    const before = TestController.dial(origin, controllerId);
    const ann = await Participant.create(suite.browser, before);
    ann.follows = true;
    const stream = await ann.publish();
    await vi.waitUntil(() => before.wanted.at(-1) === null, patience);
    before.peer.close();
    const after = TestController.dial(origin, controllerId);
    await vi.waitUntil(() => after.wanted.length > 0, patience);
    expect(after.wanted).toEqual([null]);
    ann.moveTo(after);
    const ben = await Participant.create(suite.browser, after);
    await ben.subscribe(stream, []);
    expect(after.wanted).toEqual([null, 7]);
    await ben.plays(stream.label);
  });
});
