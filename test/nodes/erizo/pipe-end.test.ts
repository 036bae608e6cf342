import { describe, expect, it } from 'vitest';
import { erizoToDownstream, erizoToUpstream } from '../../../protocol/contracts/erizo-erizo.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { place } from '../../support/place.ts';
import { grantOf, roomId, trustOf } from './kit/grants.ts';
import { codeOf, empty, isEmpty } from './kit/empty.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';
import { erizoSuite } from './kit/suite.ts';
import { zmq } from './kit/wires.ts';

const suite = erizoSuite();

/** Pulls as the process of a member would, with a pipe that ends where it is told. */
async function pullTo(origin: TestErizo, streamId: string, ip: string): Promise<unknown> {
  const erizoId = newUuid();
  const puller = { erizoId, nodeId: 'test-eu-west', region: 'eu-west' };
  const hello = JSON.stringify({ kind: 'erizo', id: erizoId });
  const peer = RpcPeer.create(
    {
      link: zmq.dial({ to: origin.hop, hello, name: 'puller' }),
      clock: systemClock,
      handlers: { 'cascade.ended': () => undefined, 'cascade.moved': () => undefined },
    },
    { outgoing: erizoToUpstream, incoming: erizoToDownstream },
  );
  const srtp = {
    cryptoSuite: 'AEAD_AES_256_GCM' as const,
    keyBase64: Buffer.alloc(44, 7).toString('base64'),
  };
  const { certificate } = await trustOf(puller);
  try {
    return await peer.call('cascade.open', {
      ...{
        roomId,
        streamId,
        pullId: newUuid(),
        route: [],
        paused: true,
        puller,
        certificate,
        grant: await grantOf(),
      },
      need: { audio: true, video: 7 },
      pipe: { pipeId: newUuid(), endpoint: { ip, port: 9, srtp } },
    });
  } finally {
    peer.close();
  }
}

describe('the end of a pipe', () => {
  it('is at the node that asks for it, as its certificate says: media is sent to nobody else', async () => {
    const origin = await suite.start('eu-west');
    const ann = await suite.join(TestController.dial(origin));
    const { streamId } = await ann.publish();
    expect(await pullTo(origin, streamId, '127.0.0.1')).toMatchObject({
      endpoint: { ip: place.ip(1) },
    });
    expect(await pullTo(origin, streamId, '127.9.9.9').catch(codeOf)).toBe('forbidden');
    const measures = await origin.agentPeer.call('measures', {});
    const refused = measures.find(({ name }) => name === 'rizoma_cascades_refused_total');
    expect(refused?.values).toMatchObject([{ labels: { code: 'forbidden' }, value: 1 }]);
    await origin.becomes({ feeds: 0, pipeTransports: 0 });
  });

  it('is at the node that was asked, too: media is taken from nobody else', async () => {
    const [origin, elsewhere] = await Promise.all([
      // It announces media here, and its node's certificate another address.
      suite.start('eu-west', { ip: place.ip(9) }),
      suite.start('us-east'),
    ]);
    const ann = await suite.join(TestController.dial(origin));
    const stream = await ann.publish();
    const ben = await suite.join(TestController.dial(elsewhere));
    expect(await ben.subscribe(stream, [origin.hop]).catch(codeOf)).toBe('forbidden');
    expect(await elsewhere.settled(isEmpty)).toMatchObject(empty);
  });
});
