import { describe, expect, it, vi } from 'vitest';
import { newUuid } from '../../../protocol/ids.ts';
import { TestController } from './kit/test-controller.ts';
import { until } from './kit/until.ts';
import { erizoSuite } from './kit/suite.ts';

/** Which layers a publisher is asked for, by who plays it in its own region and in another. */

const suite = erizoSuite();

const patience = { timeout: 30_000, interval: 50 };
/** A picture that begins, or changes its size, takes a machine with much to do some seconds. */
const long = { timeout: 150_000 };

/** Ann publishes two layers in one region and follows; a gateway and a process behind it are in another. */
async function scene() {
  const [origin, gateway, behind] = await Promise.all([
    suite.start('eu-west'),
    suite.start('us-east'),
    suite.start('us-east'),
  ]);
  const [atOrigin, atGateway, atBehind] = [origin, gateway, behind].map((erizo) =>
    TestController.dial(erizo),
  );
  if (atOrigin === undefined || atGateway === undefined || atBehind === undefined) {
    throw new Error('three were started');
  }
  const ann = await suite.join(atOrigin);
  ann.follows = true;
  const stream = await ann.publish({ simulcast: true });
  const asked = (spatial: number | null): Promise<unknown> =>
    vi.waitUntil(() => atOrigin.wanted.at(-1) === spatial, patience);
  return { origin, gateway, behind, atOrigin, atGateway, atBehind, ann, stream, asked };
}

describe('the layers of a publisher that follows', () => {
  it('are those that somebody plays in any region, and none while nobody does', long, async () => {
    const { origin, gateway, atOrigin, atGateway, atBehind, ann, stream, asked } = await scene();
    const { streamId } = stream;
    await asked(null);
    const quiet = await ann.sent();
    const dan = await suite.join(atBehind);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    expect(atOrigin.wanted).toEqual([null, 7]);
    await dan.plays(stream);
    await dan.seesWidth(stream, 640);

    await dan.configure(streamId, { qualityLayer: { spatial: 0 } });
    await asked(0);
    await dan.seesWidth(stream, 320);
    // The high layer is off for good: the publisher sends no more of it, and the low one goes on.
    const low = await until(
      () => ann.sent(),
      ({ q = 0 }) => q > (quiet['q'] ?? 0),
      10_000,
    );
    await dan.plays(stream, 30);
    const later = await ann.sent();
    expect(later['f']).toBe(low['f']);
    expect(later['q']).toBeGreaterThan(low['q'] ?? 0);

    const ben = await suite.join(atGateway);
    await ben.subscribe(stream, [origin.hop]);
    await asked(7);
    // What was off is seen once it is on again.
    await ben.seesWidth(stream, 640);
    await dan.seesWidth(stream, 320);
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
      const { streamId } = stream;
      const ben = await suite.join(atGateway);
      await ben.subscribe(stream, [origin.hop]);
      await ben.plays(stream);
      await ben.configure(streamId, { muteStream: { audio: false, video: true } });
      await asked(null);
      const before = await ben.played(stream);
      const after = await ben.hearsMore(stream, 100);
      expect(after.frames).toBe(before.frames);
      await ben.configure(streamId, { muteStream: { audio: false, video: false } });
      await asked(7);
      await ben.plays(stream);
      expect(await ann.sent()).not.toEqual({});
    },
  );

  it('are asked for anew by another way after the first one broke', long, async () => {
    const { origin, gateway, atBehind, stream, asked } = await scene();
    const { streamId } = stream;
    const dan = await suite.join(atBehind);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    await dan.plays(stream);
    const failure = atBehind.nextFailure();
    gateway.child.kill('SIGKILL');
    await failure;
    await asked(null);
    await dan.subscribe(stream, [origin.hop]);
    await asked(7);
    expect((await dan.plays(stream)).frames).toBeGreaterThan(0);
    await dan.configure(streamId, { qualityLayer: { spatial: 0 } });
    await asked(0);
  });

  it('are told to its controller again when that is back', async () => {
    const origin = await suite.start('eu-west');
    const controllerId = newUuid();
    const before = TestController.dial(origin, controllerId);
    const ann = await suite.join(before);
    ann.follows = true;
    const stream = await ann.publish();
    await vi.waitUntil(() => before.wanted.at(-1) === null, patience);
    before.peer.close();
    const after = TestController.dial(origin, controllerId);
    await vi.waitUntil(() => after.wanted.length > 0, patience);
    expect(after.wanted).toEqual([null]);
    ann.moveTo(after);
    const ben = await suite.join(after);
    await ben.subscribe(stream, []);
    expect(after.wanted).toEqual([null, 7]);
    await ben.plays(stream);
  });
});
