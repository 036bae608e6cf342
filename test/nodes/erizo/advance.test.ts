import { describe, expect, it } from 'vitest';
import { grantOf, roomId } from './kit/grants.ts';
import { empty, isEmpty } from './kit/empty.ts';
import type { Participant } from './kit/participant.ts';
import { TestController } from './kit/test-controller.ts';
import { erizoSuite } from './kit/suite.ts';
import type { Region } from './kit/wires.ts';

/** What processes do before anybody asks for a stream, so that nobody waits for it. */

const suite = erizoSuite();

async function start(region: Region) {
  const erizo = await suite.start(region);
  return { erizo, controller: TestController.dial(erizo) };
}

/** Opens the connection of a client that plays nothing; resolves when it is connected. */
async function prepare(ben: Participant): Promise<string> {
  const { clientId, plan, controller } = ben;
  const { connectionId } = await controller.peer.call('prepareSubscriber', { clientId, plan });
  await ben.connects(connectionId);
  return connectionId;
}

describe('in advance', () => {
  it('a client that plays nothing is connected, and has its first stream on that connection', async () => {
    const { erizo, controller } = await start('eu-west');
    const [ann, ben] = [await suite.join(controller), await suite.join(controller)];
    const connectionId = await prepare(ben);
    expect(await prepare(ben)).toBe(connectionId);
    expect(await erizo.counters()).toMatchObject({ clients: 1, connections: 1, subscribers: 0 });

    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    expect(ben.lastConnectionId).toBe(connectionId);
    await ben.plays(stream);
    expect(await erizo.counters()).toMatchObject({ connections: 2, webRtcTransports: 2 });

    await controller.peer.call('removeClient', { clientId: ann.clientId });
    await controller.peer.call('removeClient', { clientId: ben.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
  });

  it('a client that leaves without having played anything leaves nothing', async () => {
    const { erizo, controller } = await start('eu-west');
    const ben = await suite.join(controller);
    await prepare(ben);
    await controller.peer.call('removeClient', { clientId: ben.clientId });
    expect(await erizo.settled(isEmpty)).toMatchObject(empty);
  });

  it('processes are linked until others are named, and one that is only linked may end', async () => {
    const origin = await start('eu-west');
    const gateway = await start('us-east');
    const { peer } = gateway.controller;
    const isLinked = ({ downstreams }: { downstreams: number }) => downstreams === 1;
    peer.notify('keepUpstreams', { roomId, upstreams: [origin.erizo.hop, gateway.erizo.hop] });
    const linked = { downstreams: 1, feeds: 0, pipeTransports: 0 };
    expect(await origin.erizo.settled(isLinked)).toMatchObject(linked);
    peer.notify('keepUpstreams', { roomId, upstreams: [] });
    expect(await origin.erizo.settled(isEmpty)).toMatchObject(empty);

    peer.notify('keepUpstreams', { roomId, upstreams: [origin.erizo.hop] });
    expect(await origin.erizo.settled(isLinked)).toMatchObject(linked);
    origin.erizo.agentPeer.notify('stop', { now: false });
    await origin.erizo.exit;
  });

  it('a stream of another region is open, and its first viewer causes no request for it', async () => {
    const origin = await start('eu-west');
    const gateway = await start('us-east');
    const ann = await suite.join(origin.controller);
    const ben = await suite.join(gateway.controller);
    const { streamId } = await ann.publish();
    const route = [origin.erizo.hop];
    const { peer } = gateway.controller;
    peer.notify('keepUpstreams', { roomId, upstreams: route });
    peer.notify('pullAhead', { roomId, streamId, route, grant: await grantOf() });
    await gateway.erizo.becomes({ producers: 2, pulls: 1, cascadeOpens: 1, consumers: 0 });

    await prepare(ben);
    await ben.subscribe({ streamId }, route);
    await ben.plays({ streamId });
    await ben.unsubscribe(streamId);
    expect(await gateway.erizo.counters()).toMatchObject({ pulls: 1, cascadeOpens: 1 });
  });
});
