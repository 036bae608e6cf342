import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionPlan } from '../../../protocol/contracts/controller-erizo.ts';
import type { Participant } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';
import { TestController } from './kit/test-controller.ts';
import type { TestErizo } from './kit/test-erizo.ts';

const suite = erizoSuite();
let erizo: TestErizo;
let controller: TestController;

beforeEach(async () => {
  erizo = await suite.start('eu-west');
  controller = TestController.dial(erizo);
});

const two = async (plan: ConnectionPlan): Promise<[Participant, Participant]> => [
  await suite.join(controller, { plan }),
  await suite.join(controller, { plan }),
];

describe('the connections of Licode’s clients', () => {
  it('"single" are kept when nothing goes over them, and used again', async () => {
    const [ann, ben] = await two('single');
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    const { lastConnectionId } = ben;
    await ben.plays(stream);
    await ben.unsubscribe(stream.streamId);
    await ben.hasTracks(stream, 0);
    expect(await erizo.counters()).toMatchObject({ subscribers: 0, consumers: 0, connections: 2 });
    await controller.peer.call('removePublisher', {
      clientId: ann.clientId,
      streamId: stream.streamId,
    });
    const next = await ann.publish();
    await ben.subscribe(next, []);
    expect(ben.lastConnectionId).toBe(lastConnectionId);
    await ben.plays(next);
    expect(await erizo.counters()).toMatchObject({ publishers: 1, connections: 2 });
  });

  it('"stream" end with an offer that has the stream no more', async () => {
    const [ann, ben] = await two('stream');
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    await ben.plays(stream);
    await ben.hasTracks(stream, 2);
    await ben.unsubscribe(stream.streamId);
    await ben.hasTracks(stream, 0);
    const counters = await erizo.settled(({ connections }) => connections === 1);
    expect(counters).toMatchObject({ clients: 1, connections: 1, webRtcTransports: 1 });
  });

  it.each(['stream', 'single', 'dual'] as const)(
    '"%s" begin ICE again when the client offers it, in both directions',
    async (plan) => {
      const [ann, ben] = await two(plan);
      const stream = await ann.publish();
      await ben.subscribe(stream, []);
      await ben.plays(stream);
      await Promise.all([ann.restartIce(), ben.restartIce()]);
      await ben.plays(stream);
      expect(controller.failures).toEqual([]);
    },
  );

  it('"single" are replaced, both of them, when the client gives one up', async () => {
    const [ann, ben] = await two('single');
    const own = await ann.publish();
    const other = await ben.publish();
    await ann.subscribe(other, []);
    const old = ann.lastConnectionId;
    const failure = controller.nextFailure();
    await ann.say(ann.publishConnectionId, { type: 'failed' });
    expect(await failure).toMatchObject({ streamId: own.streamId, role: 'publisher' });
    await ann.plays(other);
    const [next, third] = [await ann.publish(), await ben.publish()];
    await ann.subscribe(third, []);
    expect(ann.lastConnectionId).not.toBe(old);
    await ben.subscribe(next, []);
    await ben.plays(next);
    // What it still plays goes on over the old one, which ends with it.
    expect(await erizo.counters()).toMatchObject({ connections: 5 });
    await ann.unsubscribe(other.streamId);
    expect(await erizo.settled(({ connections }) => connections === 4)).toMatchObject({
      connections: 4,
    });
  });

  it('go on when the client could not take one offer', async () => {
    const [ann, ben] = await two('single');
    const [one, next] = [await ann.publish(), await ann.publish()];
    await ben.subscribe(one, []);
    ben.refuseNext = true;
    await expect(ben.subscribe(next, [])).rejects.toMatchObject({ code: 'sdp_malformed' });
    await ben.subscribe(next, []);
    await ben.plays(next);
    await ben.plays(one);
  });
});
