import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { cardCheck } from '../../../nodes/mesh/card-check.ts';
import type { CheckCards } from '../../../nodes/mesh/card-check.ts';
import type { Edge, EdgeKeys, EdgeListener } from '../../../nodes/mesh/edge.ts';
import type { OnBelieved } from '../../../nodes/mesh/static-members.ts';
import { StaticMembers } from '../../../nodes/mesh/static-members.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import type { Certificate } from '../../../protocol/certificate.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import { privateKey, publicKey } from './test-edge.ts';

function cardOf(nodeId: string, region: string, agent?: string): NodeCard {
  const place = { lat: 0, lon: 0 };
  const base = { nodeId, epoch: newUuid(), region, place, secure: false, version: '0.1.0' };
  return agent === undefined ? base : { ...base, agent };
}

const own = cardOf('eu-west-1', 'eu-west', 'tcp://127.0.1.1:9000');

interface World {
  members: StaticMembers;
  push(nodes: NodeCard[], revoked?: string[]): Promise<void>;
  link(): Promise<void>;
  listening(): number;
}

const believeAll: CheckCards = async (nodes) =>
  nodes.map((card) => ({ card, certificate: certificateOf(card) }));

function certificateOf({ nodeId, region }: NodeCard): Certificate {
  const keys = { peerId: peerIdOf(publicKey), curveKey: newCurveKeyPair().publicKey };
  const said = { ...keys, mediaIp: '192.0.2.1', jti: newUuid() };
  return { nodeId, region, ...said, issued_s: 0, expires_s: 1 };
}

function setUp(given = believeAll, onBelieved: OnBelieved = () => undefined): World {
  let last: Promise<unknown> = Promise.resolve();
  const check: CheckCards = (nodes, revoked) => {
    const answer = given(nodes, revoked);
    last = answer;
    return answer;
  };
  /** What was pushed has been checked and taken. */
  const checked = async (): Promise<void> => {
    await last;
    await new Promise((resolve) => setImmediate(resolve));
  };
  const listeners = new Set<EdgeListener>();
  const edge: Pick<Edge, 'listen'> = {
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const members = StaticMembers.create({
    log: pino({ level: 'silent' }),
    ...{ card: own, edge, check, onBelieved },
  });
  return {
    members,
    push: (nodes, revoked = []) => {
      listeners.forEach((listener) => listener.members?.(nodes, revoked));
      return checked();
    },
    link: () => {
      listeners.forEach((listener) => listener.linked?.());
      return checked();
    },
    listening: () => listeners.size,
  };
}

describe('the members as the edge names them', () => {
  it('are this node alone before the edge has spoken', () => {
    const { members } = setUp();
    expect(members.agentsOf('eu-west')).toEqual([own]);
    expect(members.node('eu-west-1')).toEqual(own);
    expect(members.node('us-east-1')).toBeUndefined();
  });

  it('are found by region where they run an agent', async () => {
    const { members, push } = setUp();
    const second = cardOf('eu-west-2', 'eu-west', 'tcp://127.0.1.2:9000');
    await push([own, second, cardOf('eu-west-3', 'eu-west'), cardOf('us-east-1', 'us-east')]);
    expect(members.agentsOf('eu-west').map((node) => node.nodeId)).toEqual([
      'eu-west-1',
      'eu-west-2',
    ]);
    expect(members.agentsOf('us-east')).toEqual([]);
    expect(members.node('us-east-1')?.region).toBe('us-east');
  });

  it('always hold this run of this node, also where the edge names another one or none', async () => {
    const { members, push } = setUp();
    await push([{ ...own, epoch: newUuid() }]);
    expect(members.node('eu-west-1')).toEqual(own);
    await push([]);
    expect(members.node('eu-west-1')).toEqual(own);
  });

  it('tell of a change once, and of nothing where nothing changed', async () => {
    const { members, push } = setUp();
    let changes = 0;
    const stop = members.onChange(() => {
      changes += 1;
    });
    const other = cardOf('us-east-1', 'us-east');
    await push([own, other]);
    await push([other, own]);
    expect(changes).toBe(1);
    await push([own, { ...other, epoch: newUuid() }]);
    expect(changes).toBe(2);
    stop();
    await push([own]);
    expect(changes).toBe(2);
  });

  it('are only those whom the edge certified, by the key that it gave, and whose key was not revoked', async () => {
    const peers = ['12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq', peerIdOf(publicKey)];
    const certified = async (card: NodeCard, peerId: string, key = privateKey) => {
      const { nodeId, region } = card;
      const keys = { peerId, curveKey: newCurveKeyPair().publicKey };
      const certificate = { nodeId, region, ...keys, mediaIp: '192.0.2.1', jti: newUuid() };
      return { ...card, certificate: await signCertificate(key, certificate, now_ms) };
    };
    const now_ms = Date.now();
    const [first = '', second = ''] = peers;
    const good = await certified(cardOf('us-east-1', 'us-east', 'tcp://h:1'), first);
    const other = await certified(cardOf('us-east-2', 'us-east', 'tcp://h:2'), second);
    const stolen = {
      ...cardOf('us-east-3', 'us-east', 'tcp://h:3'),
      certificate: good.certificate,
    };
    const bare = cardOf('us-east-4', 'us-east', 'tcp://h:4');
    const moved = { ...good, region: 'eu-west', nodeId: 'us-east-1' };
    const edge: { keys: EdgeKeys | undefined } = { keys: undefined };
    const log = pino({ level: 'silent' });
    let skew_ms = 0;
    const clock = {
      now: () => now_ms,
      date: () => now_ms + skew_ms,
      after: () => () => undefined,
      every: () => () => undefined,
    };
    const { members, push, link } = setUp(cardCheck({ clock, log, edge }));
    const names = (): string[] => members.agentsOf('us-east').map(({ nodeId }) => nodeId);
    await push([good, other, stolen, bare]);
    expect(names()).toEqual([]);
    edge.keys = { tokenKeys: ['key'], ticketKeys: [publicKey], ticketSecrets: [] };
    await link();
    expect(names()).toEqual(['us-east-1', 'us-east-2']);
    await push([good, other], [second]);
    expect(names()).toEqual(['us-east-1']);
    await push([moved]);
    expect(members.node('us-east-1')).toBeUndefined();
    skew_ms = (limits.certificate_ttl_s + limits.clockSkew_s + 1) * 1000;
    await push([good, other]);
    expect(names()).toEqual([]);
  });

  it('are named to whoever admits them before anybody hears of them', async () => {
    const order: string[] = [];
    const { members, push } = setUp(believeAll, (believed, revoked) => {
      order.push(...believed.map(({ card }) => `admit ${card.nodeId}`), ...revoked);
    });
    members.onChange(() => order.push('changed'));
    await push([cardOf('us-east-1', 'us-east')], ['revoked one']);
    expect(order).toEqual(['admit us-east-1', 'revoked one', 'changed']);
  });

  it('hear nothing more once closed', () => {
    const { members, listening } = setUp();
    members.close();
    expect(listening()).toBe(0);
  });
});
