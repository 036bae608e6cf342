import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ClientSdpMessage, SdpMessage } from '../../../protocol/contracts/controller-erizo.ts';
import { newStreamId, newUuid } from '../../../protocol/ids.ts';
import type { DtlsRole } from '../../support/endpoint/endpoint.ts';
import { Endpoint } from '../../support/endpoint/endpoint.ts';
import type { Kind, OfferedTrack } from '../../support/endpoint/sdp.ts';
import { receivingAnswer, sendingOffer, transportOf } from '../../support/endpoint/sdp.ts';
import { place } from '../../support/place.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { empty, isEmpty } from './kit/empty.ts';
import { erizoSuite } from './kit/suite.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';

/** What becomes of clients whose ICE works and who take no part in DTLS. */

const ip = place.ip(100);
const suite = erizoSuite();
let erizo: TestErizo;
let controller: TestController;
let clients: Map<string, (connectionId: string, msg: SdpMessage) => void>;
let endpoints: Endpoint[];

beforeEach(async () => {
  erizo = await suite.start('eu-west');
  controller = TestController.dial(erizo);
  [clients, endpoints] = [new Map(), []];
  controller.onMessage = (clientId, ...said) => clients.get(clientId)?.(...said);
});

afterEach(async () => {
  await Promise.all(endpoints.map((endpoint) => endpoint.close()));
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
  const trackOf = (kind: Kind): OfferedTrack => ({
    ...{ kind, label: streamId, rids: [], extensions: [] },
    ...(kind === 'audio' ? { payloadType: 111, ssrc: 1_001 } : { payloadType: 96, ssrc: 1_002 }),
  });
  clients.set(clientId, (_, { sdp }) => void endpoint[meet](transportOf(sdp)));
  const options = { audio: true, video: true, label: streamId, plan: 'dual' as const };
  await controller.peer.call(
    'addPublisher',
    { roomId, clientId, streamId, grant: await grantOf(), options },
    {
      onPart: ({ connectionId }) => {
        const sdp = sendingOffer(endpoint.local, [trackOf('audio'), trackOf('video')]);
        say(clientId, connectionId, { type: 'offer', sdp });
      },
    },
  );
  return streamId;
}

async function play(clientId: string, streamId: string, meet: Meet): Promise<void> {
  const endpoint = await open('client');
  clients.set(clientId, (connectionId, { sdp }) => {
    say(clientId, connectionId, { type: 'answer', sdp: receivingAnswer(sdp, endpoint.local) });
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
