import { expect, it } from 'vitest';
import { layeredStream } from '../nodes/erizo/kit/layered-stream.ts';
import { erizoSuite } from '../nodes/erizo/kit/suite.ts';
import { until } from '../nodes/erizo/kit/until.ts';

/** Each process on the way holds what is needed less for 2 s (`limits.layerHold_ms`), one after the other. */

const suite = erizoSuite();

it('the layers of a publisher that follows are those that somebody plays in any region, and none while nobody does', async () => {
  const { origin, gateway, atOrigin, atGateway, atBehind, ann, stream, asked } =
    await layeredStream(suite);
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
