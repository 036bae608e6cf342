import { expect, it } from 'vitest';
import { empty, isEmpty } from '../nodes/erizo/kit/empty.ts';
import { erizoSuite } from '../nodes/erizo/kit/suite.ts';
import { threeProcesses } from '../nodes/erizo/kit/three-processes.ts';

/** Each hop of a cascade keeps what nobody plays for 10 s (`limits.pullLinger_ms`), one after the other. */

const suite = erizoSuite();

it('a cascade that nobody plays any more closes from its far end on', async () => {
  const { origin, gateway, behind, atOrigin, atBehind, ann, stream } = await threeProcesses(suite);
  const { streamId } = stream;
  const dan = await suite.join(atBehind);
  await dan.subscribe(stream, [gateway.hop, origin.hop]);
  await dan.plays(stream);
  const sent = await origin.counters();
  expect(sent).toMatchObject({ feeds: 1, pipeTransports: 1 });
  await dan.unsubscribe(streamId);

  const isOver = ({ pipeTransports }: { pipeTransports: number }) => pipeTransports === 0;
  expect(await behind.settled(isOver)).toMatchObject(empty);
  expect(await gateway.settled(isOver)).toMatchObject(empty);
  const after = await origin.settled(isOver);
  expect(after).toMatchObject({ feeds: 0, consumers: 0, pipeTransports: 0, publishers: 1 });
  expect(after.pipeBytesSent).toBeGreaterThanOrEqual(sent.pipeBytesSent);
  const { clientId } = ann;
  await atOrigin.peer.call('removePublisher', { clientId, streamId });
  expect(await origin.settled(isEmpty)).toMatchObject(empty);
});
