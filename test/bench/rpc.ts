import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Router } from 'zeromq';
import * as v from 'valibot';
import { newCurveKeyPair } from '../../nodes/link/zmq-curve.ts';
import { systemClock } from '../../protocol/clock.ts';
import type { Contract } from '../../protocol/contract.ts';
import type { Link } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { TestSockets } from '../support/zmq.ts';
import { testSockets, twoMembers } from '../support/zmq.ts';
import type { Bench, Row } from './row.ts';
import { median, row } from './row.ts';

/** As much as a call carries that opens a cascade, without its SRTP keys. */
const payload = 'x'.repeat(300);
const warmUps = 500;
const rounds = 9;
const callsPerRound = 500;

const echo = {
  echo: {
    params: v.strictObject({ text: v.string() }),
    result: v.strictObject({ text: v.string() }),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

interface Side {
  /** One round trip. */
  ask(): Promise<unknown>;
  close(): Promise<void>;
}

/** What an RPC costs between two nodes, and within one, over what ZeroMQ itself costs, with and without CURVE. */
export const rpc: Bench = {
  name: 'rpc',
  run: async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rizoma-bench-'));
    const local = `ipc://${join(dir, 'raw')}`;
    const sides = {
      ours: await betweenNodes(),
      curve: await rawSide(true, 'tcp://127.0.0.1:*'),
      plain: await rawSide(false, 'tcp://127.0.0.1:*'),
      local: await withinNode(join(dir, 'ipc')),
      localCurve: await rawSide(true, `${local}-curve`),
      localPlain: await rawSide(false, `${local}-plain`),
    };
    const each = Object.entries(sides);
    const times = new Map<string, number[]>(each.map(([name]) => [name, []]));
    try {
      for (const [, side] of each) {
        await many(side, warmUps);
      }
      // In turn, so that what else the host does falls on all of them.
      for (let round = 0; round < rounds; round += 1) {
        for (const [name, side] of each) {
          times.get(name)?.push(await many(side, callsPerRound));
        }
      }
    } finally {
      await Promise.all(each.map(([, side]) => side.close()));
      rmSync(dir, { recursive: true });
    }
    return rowsOf((name) => median(times.get(name) ?? []));
  },
};

type SideName = 'ours' | 'curve' | 'plain' | 'local' | 'localCurve' | 'localPlain';

function rowsOf(took_ms: (name: SideName) => number): Row[] {
  const [ours, curve, plain] = [took_ms('ours'), took_ms('curve'), took_ms('plain')];
  const [local, localCurve, localPlain] = [
    took_ms('local'),
    took_ms('localCurve'),
    took_ms('localPlain'),
  ];
  const how = `median of ${rounds} rounds of ${callsPerRound} calls of ${payload.length} bytes, one after the other`;
  return [
    row('rpc.over-zeromq', ours / curve, 'x', 2.5, `over DEALER and ROUTER under CURVE; ${how}`),
    row('rpc.curve', curve / plain, 'x', 1.5, 'what CURVE costs ZeroMQ itself'),
    row('rpc.round-trip', ours * 1_000, 'us', null, how),
    row('rpc.local-round-trip', local * 1_000, 'us', null, `within a host; ${how}`),
    row('rpc.local-curve', localCurve / localPlain, 'x', 1.5, 'what CURVE costs within a host'),
  ];
}

/** The time of one, in ms. */
async function many(side: Side, count: number): Promise<number> {
  const began_ms = performance.now();
  for (let done = 0; done < count; done += 1) {
    await side.ask();
  }
  return (performance.now() - began_ms) / count;
}

async function betweenNodes(): Promise<Side> {
  const [here, there] = await twoMembers();
  return await ourSide(here, there, 'us-east-1');
}

async function withinNode(localDir: string): Promise<Side> {
  const node = { nodeId: 'test-1', region: 'test', own: newCurveKeyPair(), localDir };
  return await ourSide(await testSockets({}, node), await testSockets({}, node), node.nodeId);
}

async function ourSide(here: TestSockets, there: TestSockets, nodeId: string): Promise<Side> {
  const clock = systemClock;
  const serve = (link: Link): void => {
    const handlers = { echo: async ({ text }: { text: string }) => ({ text }) };
    RpcPeer.create({ link, clock, handlers }, { outgoing: {}, incoming: echo });
  };
  const listener = await there.zmq.listen({ ip: '127.0.0.1', onLink: serve });
  const to = { nodeId, endpoint: listener.endpoint };
  const link = here.zmq.dial({ to, hello: '{}', name: 'bench' });
  const peer = RpcPeer.create({ link, clock, handlers: {} }, { outgoing: echo, incoming: {} });
  return {
    ask: () => peer.call('echo', { text: payload }),
    close: async () => {
      peer.close();
      await listener.close();
      here.close();
      there.close();
    },
  };
}

/** The same JSON over bare sockets. */
async function rawSide(isCurve: boolean, endpoint: string): Promise<Side> {
  const [server, client] = [newCurveKeyPair(), newCurveKeyPair()];
  const router = new Router(isCurve ? { curveServer: true, curveSecretKey: server.secretKey } : {});
  const dealer = new Dealer(
    isCurve
      ? {
          curveServerKey: server.publicKey,
          curvePublicKey: client.publicKey,
          curveSecretKey: client.secretKey,
        }
      : {},
  );
  await router.bind(endpoint);
  dealer.connect(router.lastEndpoint ?? '');
  const answering = answer(router);
  const text = JSON.stringify({ call: 1, method: 'echo', params: { text: payload } });
  return {
    ask: async () => {
      await dealer.send(text);
      const [reply] = await dealer.receive();
      return JSON.parse(String(reply));
    },
    close: async () => {
      dealer.close();
      router.close();
      await answering;
    },
  };
}

async function answer(router: Router): Promise<void> {
  for await (const [peer, text] of router) {
    if (peer !== undefined) {
      await router.send([peer, JSON.stringify(JSON.parse(String(text)))]);
    }
  }
}
