import { describe, expect, it } from 'vitest';
import { empty, isEmpty } from './kit/empty.ts';
import type { Participant } from './kit/participant.ts';
import { TestController } from './kit/test-controller.ts';
import { erizoSuite } from './kit/suite.ts';

const suite = erizoSuite();

describe('one process', () => {
  it.each(['dual', 'single', 'stream'] as const)(
    'carries a stream from one client to another, connections by the plan "%s"',
    async (plan) => {
      const erizo = await suite.start('eu-west');
      const controller = TestController.dial(erizo);
      const ann = await suite.join(controller, { plan });
      const ben = await suite.join(controller, { plan });
      const stream = await ann.publish();
      await ben.subscribe(stream, []);
      expect((await ben.plays(stream)).width).toBe(320);
      expect(await erizo.counters()).toMatchObject({
        clients: 2,
        publishers: 1,
        subscribers: 1,
        producers: 2,
        consumers: 2,
        webRtcTransports: 2,
        pipeTransports: 0,
      });
      await controller.peer.call('removeClient', { clientId: ben.clientId });
      await controller.peer.call('removeClient', { clientId: ann.clientId });
      expect(await erizo.settled(isEmpty)).toMatchObject(empty);
    },
  );
});

describe('streams of one connection', () => {
  it('come and go on the two connections of a client, and places in the session are used again', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const ben = await suite.join(controller);
    const [one, two] = [await ann.publish(), await ann.publish()];
    await Promise.all([ben.subscribe(one, []), ben.subscribe(two, [])]);
    await ben.plays(one);
    await ben.plays(two);
    expect(await erizo.counters()).toMatchObject({ webRtcTransports: 2, consumers: 4 });

    await ben.unsubscribe(one.streamId);
    await ben.plays(two);
    expect(await erizo.counters()).toMatchObject({ webRtcTransports: 2, consumers: 2 });

    const three = await ann.publish();
    await ben.subscribe(three, []);
    await ben.plays(three);
    expect(await ben.page.sections()).toEqual([4]);
  });

  it('a simulcast stream is played', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const ben = await suite.join(controller);
    const stream = await ann.publish({ simulcast: true });
    await ben.subscribe(stream, []);
    await ben.plays(stream);
    await ben.seesWidth(stream, 640);
  });

  it('a client whose transport ends is reported to the controller, and leaves nothing', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const { streamId } = await ann.publish();
    const failure = controller.nextFailure();
    await ann.dropConnections();
    expect(await failure).toEqual({
      clientId: ann.clientId,
      streamId,
      role: 'publisher',
      why: 'transport',
    });
    expect(await erizo.counters()).toMatchObject(empty);
  });
});

describe('an offer that cannot be taken', () => {
  const broken: [string, (sdp: string) => string, string][] = [
    ['does not parse', () => 'hello', 'sdp_malformed'],
    [
      'lacks its fingerprint',
      (sdp) => sdp.replaceAll(/^a=fingerprint:.*\r\n/gm, ''),
      'sdp_malformed',
    ],
    [
      'has no codec of ours',
      (sdp) => sdp.replaceAll(/(opus|VP8|VP9|H264|AV1)\//g, 'X/'),
      'sdp_no_codec',
    ],
    ['uses an SSRC twice', (sdp) => twice(sdp), 'sdp_malformed'],
  ];
  it.each(broken)('that %s is refused with a code and leaves nothing', async (_, sdp, code) => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    for (const plan of ['stream', 'dual'] as const) {
      const ann = await suite.join(controller, { plan });
      await expect(ann.publish({ sdp })).rejects.toMatchObject({ code });
      expect(await erizo.counters()).toMatchObject(empty);
    }
  });

  /** The video section takes the SSRC of the audio section. */
  function twice(sdp: string): string {
    const [head, audio, video] = sdp.split(/(?=^m=)/m);
    const [ssrc] = /(?<=a=ssrc:)\d+/.exec(audio ?? '') ?? [];
    return `${head}${audio}${video?.replaceAll(/(?<=a=ssrc:)\d+/g, ssrc ?? '').replaceAll(/^a=ssrc-group:.*\r\n/gm, '')}`;
  }
});

describe('an answer', () => {
  const reject = (sdp: string, kind: string): string => sdp.replace(`m=${kind} 9 `, `m=${kind} 0 `);
  const spoilt: [string, (sdp: string) => string, string][] = [
    ['that does not parse', () => 'hello', 'sdp_malformed'],
    [
      'with other m-sections',
      (sdp) => sdp.replace('a=mid:1', 'a=mid:7').replace('0 1', '0 7'),
      'sdp_malformed',
    ],
    ['that takes nothing', (sdp) => sdp.replaceAll('a=recvonly', 'a=inactive'), 'sdp_no_codec'],
  ];

  it('that cannot be taken ends its subscription with a code, and others go on', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const stream = await ann.publish();
    const ben = await suite.join(controller);
    await ben.subscribe(stream, []);
    for (const [, spoil, code] of spoilt) {
      const cleo = await suite.join(controller);
      cleo.spoil = spoil;
      await expect(cleo.subscribe(stream, [])).rejects.toMatchObject({ code });
      expect(await erizo.counters()).toMatchObject({ clients: 2, consumers: 2, connections: 2 });
    }
    await ben.plays(stream);
  });

  it('may refuse one track of a stream, and then what is played next has another place', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const [one, two] = [await ann.publish(), await ann.publish()];
    const ben = await suite.join(controller);
    ben.spoil = (sdp) => reject(sdp, 'video').replace('BUNDLE 0 1', 'BUNDLE 0');
    await ben.subscribe(one, []);
    expect(await erizo.counters()).toMatchObject({ subscribers: 1, consumers: 1 });
    ben.spoil = (sdp) => sdp;
    await ben.subscribe(two, []);
    await ben.plays(two);
    expect(await erizo.counters()).toMatchObject({ subscribers: 2, consumers: 3 });
  });

  it('and an offer are taken only by the connection they are for', async () => {
    const erizo = await suite.start('eu-west');
    const controller = TestController.dial(erizo);
    const ann = await suite.join(controller);
    const stream = await ann.publish();
    const ben = await suite.join(controller);
    await ben.subscribe(stream, []);
    const send = (who: Participant, type: 'offer' | 'answer', connectionId: string) =>
      controller.peer.call('processConnectionMessage', {
        clientId: who.clientId,
        connectionId,
        msg: { type, sdp: 'v=0' },
      });
    const conflict = { code: 'conflict' };
    await expect(send(ben, 'answer', ben.lastConnectionId)).rejects.toMatchObject(conflict);
    await expect(send(ann, 'answer', ann.lastConnectionId)).rejects.toMatchObject(conflict);
    await expect(send(ben, 'offer', ann.lastConnectionId)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(ben.subscribe(stream, [])).rejects.toMatchObject(conflict);
    await ben.plays(stream);
  });
});
