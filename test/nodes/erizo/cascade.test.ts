import { describe, expect, it } from 'vitest';
import { RizomaError } from '../../../protocol/errors.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { codeOf, empty, isEmpty } from './kit/empty.ts';
import { TestController } from './kit/test-controller.ts';
import { grantOf, roomId } from './kit/grants.ts';
import { erizoSuite } from './kit/suite.ts';
import { threeProcesses } from './kit/three-processes.ts';

const suite = erizoSuite();
const { start } = suite;

describe('a cascade', () => {
  it('crosses the WAN once, by one pipe, however many play it, and stays a while when nobody does', async () => {
    const { origin, gateway, behind, atGateway, atBehind, stream } = await threeProcesses(suite);
    const ben = await suite.join(atGateway);
    const cleo = await suite.join(atGateway);
    const dan = await suite.join(atBehind);

    await Promise.all([ben.subscribe(stream, [origin.hop]), cleo.subscribe(stream, [origin.hop])]);
    await ben.plays(stream);
    await cleo.plays(stream);
    expect(await gateway.counters()).toMatchObject({
      pulls: 1,
      wanPulls: 1,
      cascadeOpens: 1,
      pipeTransports: 1,
    });
    expect(await origin.counters()).toMatchObject({ feeds: 1, pipeTransports: 1, cascadeOpens: 0 });

    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    await dan.plays(stream);
    expect(await behind.counters()).toMatchObject({ pulls: 1, wanPulls: 0, pipeTransports: 1 });
    expect(await gateway.counters()).toMatchObject({ wanPulls: 1, feeds: 1, pipeTransports: 2 });
    const sent = await origin.counters();
    expect(sent).toMatchObject({ feeds: 1, pipeTransports: 1 });
    expect(sent.pipeBytesSent).toBeGreaterThan(10_000);

    await Promise.all([ben, cleo, dan].map((viewer) => viewer.unsubscribe(stream.streamId)));
    // A viewer who comes back within the linger finds it open, and sees something again.
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream);
    expect(await gateway.counters()).toMatchObject({ pulls: 1, cascadeOpens: 1 });
  });

  it('ends everywhere, without a failure, when its publisher ends', async () => {
    const { origin, gateway, behind, atOrigin, atGateway, atBehind, ann, stream } =
      await threeProcesses(suite);
    const ben = await suite.join(atGateway);
    const dan = await suite.join(atBehind);
    // Behind the gateway first: the gateway pulls because it is asked to.
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    await ben.subscribe(stream, [origin.hop]);
    await dan.plays(stream);
    expect(await gateway.counters()).toMatchObject({ cascadeOpens: 1, pulls: 1 });
    await atOrigin.peer.call('removeClient', { clientId: ann.clientId });
    for (const erizo of [origin, gateway, behind]) {
      expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    }
    expect([...atGateway.failures, ...atBehind.failures]).toEqual([]);
  });

  it('whose origin dies is told to the controllers of all who played it', async () => {
    const { origin, gateway, behind, atGateway, atBehind, stream } = await threeProcesses(suite);
    const ben = await suite.join(atGateway);
    const dan = await suite.join(atBehind);
    await ben.subscribe(stream, [origin.hop]);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    const failures = Promise.all([atGateway.nextFailure(), atBehind.nextFailure()]);
    origin.child.kill('SIGKILL');
    expect(await failures).toMatchObject([
      { clientId: ben.clientId, role: 'subscriber', why: 'upstream' },
      { clientId: dan.clientId, role: 'subscriber', why: 'upstream' },
    ]);
    for (const erizo of [gateway, behind]) {
      expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    }
  });

  it('goes through a region that relays, and crosses each WAN link once with viewers in all of them', async () => {
    const [origin, relay, gateway, behind] = await Promise.all([
      start('eu-west'),
      start('us-east'),
      start('ap-northeast'),
      start('ap-northeast'),
    ]);
    const ann = await suite.join(TestController.dial(origin));
    const stream = await ann.publish();
    const far = [gateway.hop, relay.hop, origin.hop];
    // The last process first: each on the way pulls because it is asked to.
    const dan = await suite.join(TestController.dial(behind));
    await dan.subscribe(stream, far);
    await dan.plays(stream);
    const [ben, cleo] = await Promise.all([
      suite.join(TestController.dial(relay)),
      suite.join(TestController.dial(gateway)),
    ]);
    await Promise.all([ben.subscribe(stream, far.slice(2)), cleo.subscribe(stream, far.slice(1))]);
    for (const viewer of [ben, cleo]) {
      await viewer.plays(stream);
    }
    expect(await origin.counters()).toMatchObject({ feeds: 1, pulls: 0, cascadeOpens: 0 });
    const once = { pulls: 1, wanPulls: 1, feeds: 1, cascadeOpens: 1 };
    expect(await relay.counters()).toMatchObject(once);
    expect(await gateway.counters()).toMatchObject(once);
    expect(await behind.counters()).toMatchObject({ pulls: 1, wanPulls: 0, feeds: 0 });

    // Nobody at the relay plays it any more, and it goes on relaying.
    await ben.unsubscribe(stream.streamId);
    await cleo.plays(stream);
    expect(await relay.counters()).toMatchObject({ ...once, subscribers: 0 });
    const failure = cleo.controller.nextFailure();
    relay.child.kill('SIGKILL');
    expect(await failure).toMatchObject({ role: 'subscriber', why: 'upstream' });
    expect(await origin.settled(({ feeds }) => feeds === 0)).toMatchObject({ feeds: 0 });
    // Another way is at hand at once.
    await cleo.subscribe(stream, far.slice(2));
    await cleo.plays(stream);
  });

  it('shows its first pictures before a client that can receive has answered the offer', async () => {
    const { origin, atGateway, ann, stream } = await threeProcesses(suite);
    const ben = await suite.join(atGateway);
    await ben.subscribe(stream, [origin.hop]);
    const second = await ann.publish();
    const answered = Promise.withResolvers<string>();
    ben.spoil = async (sdp) => {
      await answered.promise;
      return sdp;
    };
    const subscribed = ben.subscribe(second, [origin.hop]);
    await ben.plays(second);
    answered.resolve('');
    await subscribed;
  });

  it('that viewers give up at any stage keeps nothing for them', async () => {
    const { origin, gateway, atGateway, stream } = await threeProcesses(suite);
    const options = { audio: true, video: true, plan: 'dual' as const };
    const giveUp = async (stage: 'at once' | 'initializing' | 'offered'): Promise<string> => {
      const abort = new AbortController();
      const clientId = newUuid();
      const call = atGateway.peer.call(
        'addSubscriber',
        {
          roomId,
          clientId,
          streamId: stream.streamId,
          route: [origin.hop],
          grant: await grantOf(),
          options,
        },
        {
          signal: abort.signal,
          onPart: () => stage === 'initializing' && abort.abort(),
        },
      );
      if (stage === 'at once') {
        abort.abort();
      }
      offered.set(clientId, () => stage === 'offered' && abort.abort());
      return call.then(
        () => 'ready',
        (thrown: unknown) => (thrown instanceof RizomaError ? thrown.code : 'no code'),
      );
    };
    const offered = new Map<string, () => unknown>();
    atGateway.onMessage = (clientId) => offered.get(clientId)?.();
    const stages = ['at once', 'initializing', 'offered'] as const;
    const ends = await Promise.all(
      Array.from({ length: 30 }, (_, i) => giveUp(stages[i % 3] ?? 'at once')),
    );
    expect(new Set(ends)).toEqual(new Set(['cancelled']));
    const counters = await gateway.settled(
      ({ clients, webRtcTransports }) => clients + webRtcTransports === 0,
    );
    expect(counters).toMatchObject({
      clients: 0,
      connections: 0,
      subscribers: 0,
      consumers: 0,
      webRtcTransports: 0,
      pulls: 1,
      cascadeOpens: 1,
    });
  });

  it('that leads out of the grant is refused at the hop that would, by those who have the media', async () => {
    const [origin, relay, far] = await Promise.all([
      start('eu-west'),
      start('us-east'),
      start('ap-northeast'),
    ]);
    const ann = await suite.join(TestController.dial(origin));
    const stream = await ann.publish();
    const dan = await suite.join(TestController.dial(far));
    const throughRelay = [relay.hop, origin.hop];
    const expired_ms = Date.now() - (limits.grant_ttl_s + 61) * 1_000;
    const refused = {
      'without the viewer’s region': grantOf({ regions: { deny: ['ap-northeast'] } }),
      'without the relay': grantOf({ regions: { allow: ['eu-west', 'ap-northeast'] } }),
      'without the origin': grantOf({ regions: { deny: ['eu-west'] } }),
      'of another room': grantOf({ roomId: 'ffffffffffffffffffffffff' }),
      expired: grantOf({}, { now_ms: expired_ms }),
      forged: grantOf({}, { key: await newTicketKey() }),
    };
    for (const [what, grant] of Object.entries(refused)) {
      const outcome = await dan.subscribe(stream, throughRelay, await grant).catch(codeOf);
      expect([what, outcome]).toEqual([what, 'forbidden']);
    }
    for (const erizo of [relay, far]) {
      expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    }
    expect(await origin.settled(({ feeds }) => feeds === 0)).toMatchObject({ feeds: 0 });
    await dan.subscribe(stream, throughRelay, await grantOf({ regions: { deny: ['sa-east'] } }));
    await dan.plays(stream);
  });

  it('of a stream that nobody publishes, or by a way that comes back, is refused', async () => {
    const { origin, gateway, atBehind, behind, stream } = await threeProcesses(suite);
    const dan = await suite.join(atBehind);
    const unknown = { streamId: '123456789012345678' };
    await expect(dan.subscribe(unknown, [])).rejects.toMatchObject({ code: 'not_found' });
    await expect(dan.subscribe(unknown, [gateway.hop, origin.hop])).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(dan.subscribe(stream, [gateway.hop, behind.hop])).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(
      dan.subscribe(stream, [gateway.hop, origin.hop, gateway.hop]),
    ).rejects.toMatchObject({ code: 'forbidden' });
    for (const erizo of [gateway, behind]) {
      expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    }
  });
});
