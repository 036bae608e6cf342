import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { Context, Dealer } from 'zeromq';
import type { Caller } from '../../nodes/link/keyring.ts';
import { linkQuota } from '../../nodes/link/link-quota.ts';
import { newCurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import type { ZmqListener } from '../../nodes/link/zmq-listener.ts';
import { wire } from '../../nodes/link/zmq-wire.ts';
import type { Link, LinkEnd } from '../../protocol/link.ts';
import type { TestSockets } from '../support/zmq.ts';
import { memberKey, testSockets, twoMembers } from '../support/zmq.ts';

const parts: { close(): unknown }[] = [];

afterEach(async () => {
  for (const part of parts.splice(0).toReversed()) {
    await part.close();
  }
});

function kept<T extends { close(): unknown }>(part: T): T {
  parts.push(part);
  return part;
}

/** A listener of `us-east-1` that echoes, and who has dialled it. */
async function echoAt(
  node: TestSockets,
  quota = linkQuota,
): Promise<{ listener: ZmqListener; callers: Caller[]; ends: LinkEnd[] }> {
  const callers: Caller[] = [];
  const ends: LinkEnd[] = [];
  const listener = await node.zmq.listen({
    ip: '127.0.0.1',
    quota,
    onLink: (link, _hello, caller) => {
      callers.push(caller);
      link.open({ frame: (text) => link.send(text), ended: (why) => ends.push(why) });
    },
  });
  return { listener: kept(listener), callers, ends };
}

interface Heard {
  link: Link;
  answer: Promise<string>;
  end: Promise<LinkEnd>;
}

function dial(node: TestSockets, endpoint: string, nodeId = 'us-east-1'): Heard {
  const link = kept(node.zmq.dial({ to: { nodeId, endpoint }, hello: '"me"', name: 'test' }));
  const answer = Promise.withResolvers<string>();
  const end = Promise.withResolvers<LinkEnd>();
  link.open({ frame: answer.resolve, ended: end.resolve });
  link.send('a secret question');
  return { link, answer: answer.promise, end: end.promise };
}

async function world() {
  const [here, there] = await twoMembers();
  return { here: kept(here), there: kept(there), ...(await echoAt(there)) };
}

/** All bytes that go through it, both ways, to the endpoint. */
async function proxyTo(endpoint: string): Promise<{ endpoint: string; bytes: () => Buffer }> {
  const seen: Buffer[] = [];
  const port = Number(endpoint.split(':').at(-1));
  const pipe = (from: Socket, to: Socket): void => {
    from.on('data', (bytes) => {
      seen.push(bytes);
      to.write(bytes);
    });
    from.on('close', () => to.destroy());
    from.on('error', () => to.destroy());
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    pipe(near, far);
    pipe(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  kept(server);
  const address = server.address() as AddressInfo;
  return { endpoint: `tcp://127.0.0.1:${address.port}`, bytes: () => Buffer.concat(seen) };
}

describe('between nodes', () => {
  test('nothing that is said can be read on the way, nor who says it', async () => {
    const { here, listener } = await world();
    const proxy = await proxyTo(listener.endpoint);
    const { answer } = dial(here, proxy.endpoint);
    expect(await answer).toBe('a secret question');
    const bytes = proxy.bytes();
    expect(bytes.includes('CURVE')).toBe(true);
    for (const secret of ['question', '"me"', 'eu-west-1', here.keyring.own.secretKey]) {
      expect(bytes.includes(secret)).toBe(false);
    }
  });

  test('the one that listens knows which node has dialled', async () => {
    const { here, listener, callers } = await world();
    await dial(here, listener.endpoint).answer;
    expect(callers).toMatchObject([{ nodeId: 'eu-west-1', region: 'eu-west' }]);
  });

  test('a node that is no member gets nowhere', async () => {
    const { there, listener, callers } = await world();
    const stranger = kept(await testSockets({}, { nodeId: 'eu-west-1', region: 'eu-west' }));
    stranger.keyring.replace([there.member]);
    expect(await dial(stranger, listener.endpoint).end).toBe('lost');
    expect(callers).toEqual([]);
    expect(there.refused).toBe(1);
  });

  test('strangers who knock together are one line of the log', async () => {
    const lines: { msg: string }[] = [];
    const stream = { write: (line: string) => lines.push(JSON.parse(line)) };
    const there = kept(
      await testSockets(
        { log: pino({ level: 'warn' }, stream) },
        { nodeId: 'us-east-1', region: 'us-east' },
      ),
    );
    const { listener } = await echoAt(there);
    const strangers = await Promise.all(
      Array.from({ length: 3 }, () => testSockets({}, { nodeId: 'eu-west-1', region: 'eu-west' })),
    );
    const ends = strangers.map((stranger) => {
      kept(stranger).keyring.replace([there.member]);
      return dial(stranger, listener.endpoint).end;
    });
    expect(await Promise.all(ends)).toEqual(['lost', 'lost', 'lost']);
    expect(there.refused).toBe(3);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'connection refused: CURVE key is not a mesh member',
    ]);
  });

  test('a member that takes all the links that it may have keeps no other from its own', async () => {
    const [here, there] = await twoMembers();
    const other = kept(await testSockets({}, { nodeId: 'ap-south-1', region: 'ap-south' }));
    kept(here);
    kept(there).keyring.replace([here.member, other.member]);
    other.keyring.replace([there.member]);
    const { listener } = await echoAt(there, { links: 2, perSecond: 100 });
    const [first, second] = [dial(here, listener.endpoint), dial(here, listener.endpoint)];
    await Promise.all([first.answer, second.answer]);
    expect(await dial(here, listener.endpoint).end).toBe('lost');
    expect(await dial(other, listener.endpoint).answer).toBe('a secret question');
  });

  test('a member that says it is another one gets nowhere', async () => {
    const { here, there, listener, callers } = await world();
    const own = newCurveKeyPair();
    const third = memberKey({ nodeId: 'ap-south-1', region: 'ap-south' }, own);
    there.keyring.replace([here.member, third]);
    const liar = kept(await testSockets({}, { nodeId: 'eu-west-1', region: 'eu-west', own }));
    liar.keyring.replace([there.member]);
    expect(await dial(liar, listener.endpoint).end).toBe('lost');
    expect(callers).toEqual([]);
  });

  test('a member whose key shares no secret proves nothing, and is answered all the same', async () => {
    const { here, there, listener, callers } = await world();
    // Zero, with which X25519 has no result (RFC 7748, section 6.1).
    const zero = { publicKey: '0'.repeat(40) };
    there.keyring.replace([here.member, memberKey({ nodeId: 'zero', region: 'us-east' }, zero)]);
    const { own } = here.keyring;
    const socket = new Dealer({
      ...{ context: new Context(), routingId: 'a-dealer', linger: 0 },
      ...{ curvePublicKey: own.publicKey, curveSecretKey: own.secretKey },
      curveServerKey: there.keyring.own.publicKey,
    });
    kept(socket);
    socket.connect(listener.endpoint);
    await socket.send([wire.hello, '"me"', 'zero', randomBytes(32)]);
    const [answer] = await socket.receive();
    expect(answer?.toString()).toBe(wire.reset);
    expect(callers).toEqual([]);
  });

  test('who answers in the place of a node, with another key, hears nothing', async () => {
    const { here } = await world();
    const impostor = kept(await testSockets({}, { nodeId: 'us-east-1', region: 'us-east' }));
    impostor.keyring.replace([here.member]);
    const { listener, callers } = await echoAt(impostor);
    expect(await dial(here, listener.endpoint).end).toBe('lost');
    expect(callers).toEqual([]);
  });

  test('a link ends on both sides when the key of one is good no longer', async () => {
    const { here, there, listener, ends } = await world();
    const first = dial(here, listener.endpoint);
    await first.answer;
    there.keyring.replace([]);
    expect(await first.end).toBe('lost');
    expect(ends).toEqual(['lost']);
    there.keyring.replace([here.member]);
    const second = dial(here, listener.endpoint);
    await second.answer;
    here.keyring.replace([]);
    expect(await second.end).toBe('lost');
  });

  test('a key that expires ends its links, and no other', async () => {
    const { here, there, listener, ends } = await world();
    const other = kept(await testSockets({}, { nodeId: 'eu-west-2', region: 'eu-west' }));
    other.keyring.replace([there.member]);
    there.keyring.replace([here.member, other.member]);
    const [mine, its] = [dial(here, listener.endpoint), dial(other, listener.endpoint)];
    await Promise.all([mine.answer, its.answer]);
    there.keyring.replace([{ ...here.member, expires_s: 1 }, other.member]);
    expect(await mine.end).toBe('lost');
    expect(ends).toEqual(['lost']);
    expect(await dial(other, listener.endpoint).answer).toBe('a secret question');
  });

  test('a node that dials before the other knows of it is let in when it does', async () => {
    const { here, there, listener } = await world();
    there.keyring.replace([]);
    const { answer } = dial(here, listener.endpoint);
    await once(connect(Number(listener.endpoint.split(':').at(-1)), '127.0.0.1'), 'connect');
    there.keyring.replace([here.member]);
    expect(await answer).toBe('a secret question');
  });

  test('a node that is dialled before it is known is reached when it is', async () => {
    const { here, there, listener } = await world();
    here.keyring.replace([]);
    const { answer } = dial(here, listener.endpoint);
    here.keyring.replace([there.member]);
    expect(await answer).toBe('a secret question');
  });

  test('noise, and a frame of 100 MB before it is known who sends it, end their connection alone', async () => {
    const { here, listener } = await world();
    const { link, answer } = dial(here, listener.endpoint);
    await answer;
    // ZMTP 3.1 (ZeroMQ RFC 37): a greeting for CURVE, then the head of a long command.
    const greeting = Buffer.alloc(64);
    greeting.set([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1], 0);
    greeting.write('CURVE', 12);
    const head = Buffer.alloc(9);
    head.writeUInt8(0x06, 0);
    head.writeBigUInt64BE(100_000_000n, 1);
    for (const bytes of [randomBytes(4_096), Buffer.concat([greeting, head])]) {
      const socket = connect(Number(listener.endpoint.split(':').at(-1)), '127.0.0.1');
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.resume();
      socket.write(bytes);
      await closed;
    }
    expect(await dial(here, listener.endpoint).answer).toBe('a secret question');
    expect(() => link.send('still there')).not.toThrow();
  });
});
