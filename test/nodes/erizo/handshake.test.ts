import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ClientSdpMessage, SdpMessage } from '../../../protocol/contracts/controller-erizo.ts';
import { newStreamId, newUuid } from '../../../protocol/ids.ts';
import { publishOffer, transportOf, watchAnswer } from '../../bench/media/client-sdp.ts';
import type { DtlsRole } from '../../bench/media/endpoint.ts';
import { Endpoint } from '../../bench/media/endpoint.ts';
import { newSent } from '../../bench/media/side.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { empty, isEmpty, TestAgent, TestController, TestErizo } from './kit/participant.ts';

/** What becomes of clients whose ICE works and who take no part in DTLS. */

const ip = '127.0.1.1';
let agent: TestAgent;
let erizo: TestErizo;
let controller: TestController;
let clients: Map<string, (connectionId: string, msg: SdpMessage) => void>;
let endpoints: Endpoint[];

beforeAll(async () => {
  agent = await TestAgent.create();
});

beforeEach(async () => {
  erizo = await TestErizo.create(agent, 'eu-west', ip);
  controller = TestController.dial(erizo);
  [clients, endpoints] = [new Map(), []];
  controller.onMessage = (clientId, ...said) => clients.get(clientId)?.(...said);
});

afterEach(async () => {
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  await erizo.end();
});

afterAll(async () => {
  await agent?.listener.close();
});

async function open(role: DtlsRole): Promise<Endpoint> {
  const endpoint = await Endpoint.create(ip, role);
  endpoints.push(endpoint);
  return endpoint;
}

function say(clientId: string, connectionId: string, msg: ClientSdpMessage): void {
  const said = controller.peer.call('processConnectionMessage', { clientId, connectionId, msg });
  // What it is for fails with it.
  said.catch(() => undefined);
}

/** How a client takes what it is told of the other side. */
type Meet = 'connect' | 'connectIce';

async function publish(clientId: string, meet: Meet): Promise<string> {
  const endpoint = await open('server');
  const streamId = newStreamId();
  clients.set(clientId, (_, { sdp }) => void endpoint[meet](transportOf(sdp)));
  const options = { audio: true, video: true, label: streamId, plan: 'dual' as const };
  await controller.peer.call(
    'addPublisher',
    { roomId, clientId, streamId, options },
    {
      onPart: ({ connectionId }) => {
        const sdp = publishOffer(endpoint.local, newSent(), streamId);
        say(clientId, connectionId, { type: 'offer', sdp });
      },
    },
  );
  return streamId;
}

async function play(clientId: string, streamId: string, meet: Meet): Promise<void> {
  const endpoint = await open('client');
  clients.set(clientId, (connectionId, { sdp }) => {
    say(clientId, connectionId, { type: 'answer', sdp: watchAnswer(sdp, endpoint.local) });
    void endpoint[meet](transportOf(sdp));
  });
  await controller.peer.call('addSubscriber', {
    ...{ roomId, clientId, streamId, route: [], grant: await grantOf() },
    options: { audio: true, video: true, plan: 'dual' },
  });
}

it('they hear that the connection has ended, whichever side was to greet', async () => {
  const [ann, bob, eve] = [newUuid(), newUuid(), newUuid()];
  const streamId = await publish(ann, 'connect');
  const refused = { code: 'unavailable', message: 'ICE or DTLS has ended' };
  await Promise.all([
    // The process greets, and nobody answers.
    expect(publish(bob, 'connectIce')).rejects.toMatchObject(refused),
    // The process waits to be greeted.
    expect(play(eve, streamId, 'connectIce')).rejects.toMatchObject(refused),
  ]);
  expect(await erizo.counters()).toMatchObject({ clients: 1, publishers: 1, webRtcTransports: 1 });
  // Who does take part goes on, and comes in afterwards.
  await play(eve, streamId, 'connect');
  for (const clientId of [ann, eve]) {
    await controller.peer.call('removeClient', { clientId });
  }
  expect(await erizo.settled(isEmpty)).toMatchObject(empty);
});
