import { expect, it } from 'vitest';
import { newUuid } from '../../protocol/ids.ts';
import { empty, isEmpty } from '../nodes/erizo/kit/empty.ts';
import { grantOf, roomId } from '../nodes/erizo/kit/grants.ts';
import { erizoSuite } from '../nodes/erizo/kit/suite.ts';
import { TestController } from '../nodes/erizo/kit/test-controller.ts';
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

it('one that its viewers gave up before it was offered closes too, at both ends', async () => {
  const { origin, gateway, atGateway, stream } = await threeProcesses(suite);
  const { streamId } = stream;
  const abort = new AbortController();
  const params = {
    ...{ roomId, clientId: newUuid(), streamId, route: [origin.hop], grant: await grantOf() },
    options: { audio: true, video: true, plan: 'dual' as const },
  };
  const { signal } = abort;
  atGateway.onMessage = () => abort.abort();
  const given = atGateway.peer.call('addSubscriber', params, { signal });
  await expect(given).rejects.toMatchObject({ code: 'cancelled' });
  expect(await gateway.counters()).toMatchObject({ pulls: 1 });

  expect(await gateway.settled(isEmpty)).toMatchObject(empty);
  expect(await origin.settled(({ feeds }) => feeds === 0)).toMatchObject({ pipeTransports: 0 });
});

it('one that was opened ahead and left by its viewer closes when its processes need not be linked', async () => {
  const [origin, gateway] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
  const ann = await suite.join(TestController.dial(origin));
  const ben = await suite.join(TestController.dial(gateway));
  const stream = await ann.publish();
  const { peer } = ben.controller;
  const route = [origin.hop];
  peer.notify('keepUpstreams', { roomId, upstreams: route });
  const { streamId } = stream;
  peer.notify('pullAhead', { roomId, streamId, route, grant: await grantOf() });
  await gateway.settled(({ producers }) => producers === 2);
  await ben.subscribe(stream, route);
  await ben.plays(stream);
  await ben.unsubscribe(streamId);
  peer.notify('keepUpstreams', { roomId, upstreams: [] });
  const isGone = ({ downstreams }: { downstreams: number }) => downstreams === 0;
  expect(await origin.settled(isGone)).toMatchObject({ feeds: 0, consumers: 0 });
  expect(await gateway.settled(isEmpty)).toMatchObject(empty);
});
