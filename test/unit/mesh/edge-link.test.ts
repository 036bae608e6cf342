import { pino } from 'pino';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EdgeListener } from '../../../nodes/mesh/edge.ts';
import { Identity } from '../../../nodes/mesh/identity.ts';
import { EdgeLink } from '../../../nodes/mesh/edge-link.ts';
import { systemClock } from '../../../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { publicTicketKey } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { TestEdge, enrolSecret, privateKey, publicKey } from './test-edge.ts';

const card: NodeCard = {
  nodeId: 'eu-west-1',
  epoch: newUuid(),
  region: 'eu-west',
  place: { lat: 53.35, lon: -6.26 },
  host: '127.0.1.1:8080',
  secure: false,
  agent: 'tcp://127.0.1.1:9000',
  version: '0.1.0',
};
const roomId = '0123456789abcdef01234567';

const Line = v.object({ msg: v.string() });

let edge: TestEdge;
/** What the link logs as errors. */
let errors: string[];
let identity: Identity;
let link: EdgeLink | undefined;
let clients = 0;

function dial(url = edge.url, secret = enrolSecret): EdgeLink {
  const load = (): NodeLoad => ({ rooms: 0, clients, cpu: 0, state: 'available' });
  const line = { write: (text: string) => errors.push(v.parse(Line, JSON.parse(text)).msg) };
  const log = pino({ level: 'error' }, line);
  // No chance in the waits: half of each, the shortest.
  const components = { clock: systemClock, log, card, identity, load, random: () => 0 };
  link = EdgeLink.create(components, { url, enrolSecret: secret, mediaIp: '192.0.2.1' });
  return link;
}

function once<K extends keyof EdgeListener>(of: EdgeLink, what: K): Promise<void> {
  return new Promise((resolve) => {
    const stop = of.listen({
      [what]: () => {
        stop();
        resolve();
      },
    });
  });
}

beforeEach(async () => {
  clients = 0;
  errors = [];
  identity = await Identity.create({ log: pino({ level: 'silent' }) }, { stateDir: undefined });
  edge = await TestEdge.create();
});

afterEach(async () => {
  link?.close();
  await edge.close();
});

describe('the link to the edge', () => {
  it('registers with the card on the path of the node, and holds the keys', async () => {
    const dialled = dial();
    expect(dialled.linked).toBe(false);
    expect(dialled.keys).toBeUndefined();
    await once(dialled, 'linked');
    expect(edge.paths).toEqual(['/nodes/eu-west-1/link']);
    expect(await edge.asked('node.register')).toMatchObject({ card, load: { clients: 0 } });
    expect(dialled.linked).toBe(true);
    expect(dialled.keys).toEqual({
      tokenKeys: ['token-key'],
      ticketKeys: [publicKey],
      ticketSecrets: edge.secretsOf('eu-west-1'),
    });
  });

  it('keeps the path of an edge that lives below one', async () => {
    await once(dial(`${edge.url}/rizoma/`), 'linked');
    expect(edge.paths).toEqual(['/rizoma/nodes/eu-west-1/link']);
  });

  it('says each second how busy the node is then', async () => {
    await once(dial(), 'linked');
    clients = 7;
    expect(await edge.asked('node.keepAlive')).toMatchObject({ load: { clients: 7 } });
    clients = 8;
    expect(await edge.asked('node.keepAlive', 2)).toMatchObject({ load: { clients: 8 } });
  });

  it('registers again when it is asked who it is, and tells that it did', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    edge.keepAliveAnswers = ['whoareyou'];
    await once(dialled, 'linked');
    expect(edge.count('node.register')).toBe(2);
    expect(edge.peers).toHaveLength(1);
    await edge.asked('node.keepAlive', 2);
    expect(edge.count('node.register')).toBe(2);
  });

  it('has the keys that the edge has when it registers again, and tells of them', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    const next = await newTicketKey();
    const told = new Promise<string[]>((resolve) => {
      dialled.listen({
        // It may hear of the certificate that it has first.
        certified: (keys) => (keys.length === 2 ? resolve(keys.map(({ x }) => x)) : undefined),
      });
    });
    edge.keys = [next, privateKey];
    edge.keepAliveAnswers = ['whoareyou'];
    await once(dialled, 'linked');
    expect(dialled.keys?.ticketKeys).toEqual([publicTicketKey(next), publicKey]);
    expect(dialled.keys?.ticketSecrets).toHaveLength(2);
    expect(await told).toEqual([next.x, publicKey.x]);
  });

  it('carries calls, with the codes of their errors', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    expect(await dialled.call('room.leave', { roomId })).toBeNull();
    const token = { tokenId: `${roomId}.${roomId}`, host: 'h:1', secure: false, signature: 's' };
    await expect(dialled.call('token.consume', { token })).rejects.toMatchObject({
      code: 'token_used',
    });
  });

  it('hands on what the edge tells, to those who still listen', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    const heard: unknown[] = [];
    const stop = dialled.listen({ members: (nodes) => heard.push(nodes) });
    dialled.listen({
      members: () => {
        throw new Error('a listener that fails');
      },
      roomDeleted: (id) => heard.push(id),
    });
    const deleted = once(dialled, 'roomDeleted');
    edge.peer.notify('mesh.members', { nodes: [card] });
    edge.peer.notify('room.deleted', { roomId });
    await deleted;
    expect(heard).toEqual([[card], roomId]);
    stop();
    const again = once(dialled, 'members');
    edge.peer.notify('mesh.members', { nodes: [] });
    await again;
    expect(heard).toHaveLength(2);
  });

  it('hands on the list of members once all of its parts are there', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    const heard: unknown[] = [];
    dialled.listen({ members: (nodes) => heard.push(nodes.map(({ nodeId }) => nodeId)) });
    const members = once(dialled, 'members');
    const named = (nodeId: string): NodeCard => ({ ...card, nodeId });
    edge.peer.notify('mesh.members', { nodes: [named('a'), named('b')], more: true });
    edge.peer.notify('mesh.members', { nodes: [named('c')], more: true });
    edge.peer.notify('mesh.members', { nodes: [named('d')] });
    await members;
    const again = once(dialled, 'members');
    edge.peer.notify('mesh.members', { nodes: [named('a')] });
    await again;
    expect(heard).toEqual([['a', 'b', 'c', 'd'], ['a']]);
  });

  it('dials and registers again after a cut, keeps the keys, and refuses calls meanwhile', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    const away = once(dialled, 'away');
    edge.cut();
    await away;
    expect(dialled.linked).toBe(false);
    expect(dialled.keys).toBeDefined();
    await expect(dialled.call('room.leave', { roomId })).rejects.toMatchObject({
      code: 'link_down',
    });
    await once(dialled, 'linked');
    expect(edge.count('node.register')).toBe(2);
    expect(edge.peers).toHaveLength(2);
  });

  it('ends a call that waits when the link is cut', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    const call = dialled.call('room.leave', { roomId });
    edge.cut();
    await expect(call).rejects.toMatchObject({ code: 'link_down' });
  });

  it('finds an edge that starts later than the node', async () => {
    const { port } = edge;
    await edge.close();
    const dialled = dial(`http://127.0.0.1:${port}`);
    const linked = once(dialled, 'linked');
    edge = await TestEdge.create(port);
    await linked;
  });

  it('tries again after a refusal', async () => {
    edge.refusals = 1;
    const dialled = dial();
    await once(dialled, 'linked');
    expect(edge.count('node.register')).toBe(2);
  });

  it('is not let in with another secret, and does not fail of it', async () => {
    const dialled = dial(edge.url, 'another');
    const right = EdgeLink.create(
      {
        clock: systemClock,
        log: pino({ level: 'silent' }),
        card,
        identity,
        load: () => ({ rooms: 0, clients: 0, cpu: 0, state: 'available' }),
      },
      { url: edge.url, enrolSecret, mediaIp: '192.0.2.1' },
    );
    await once(right, 'linked');
    right.close();
    expect(dialled.linked).toBe(false);
    expect(edge.peers).toHaveLength(1);
  });

  it('says loudly after five tries what to look at, goes on trying, and forgets it when it is taken', async () => {
    const { port } = edge;
    await edge.close();
    const dialled = dial(`http://127.0.0.1:${port}`);
    expect(dialled.trouble).toBeUndefined();
    await vi.waitUntil(() => dialled.trouble !== undefined, { timeout: 10_000 });
    expect(dialled.trouble).toMatch(/RIZOMA_EDGE_URL.*RIZOMA_ENROL_SECRET.*clock/);
    expect(errors).toEqual([dialled.trouble]);
    edge = await TestEdge.create(port);
    await edge.asked('node.keepAlive', 2);
    expect(dialled.trouble).toBeUndefined();
  }, 20_000);

  it('says goodbye, and registers no more even where the edge asks who it is', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    edge.keepAliveAnswers = ['whoareyou'];
    dialled.report();
    await dialled.goodbye();
    expect(edge.count('node.killMe')).toBe(1);
    dialled.close();
    expect(await edge.asked('(end)')).toBe('peer_closed');
    expect(edge.count('node.register')).toBe(1);
    await dialled.goodbye();
    expect(edge.count('node.killMe')).toBe(1);
  });

  it('hands on that the node is to drain, and answers what it then says of itself', async () => {
    const dialled = dial();
    const linked = once(dialled, 'linked');
    dialled.listen({ drain: (drain) => void (clients = drain ? 3 : 4) });
    await linked;
    expect(await edge.peer.call('node.drain', { drain: true })).toMatchObject({ clients: 3 });
    expect(await edge.peer.call('node.drain', { drain: false })).toMatchObject({ clients: 4 });
  });

  it('does not dial again once it is closed', async () => {
    const dialled = dial();
    await once(dialled, 'linked');
    dialled.close();
    dialled.close();
    expect(await edge.asked('(end)')).toBe('peer_closed');
    expect(dialled.linked).toBe(false);
    expect(edge.peers).toHaveLength(1);
  });

  it('answers for its listeners who is in a room, in parts, and how many it disconnected', async () => {
    const dialled = dial();
    const linked = once(dialled, 'linked');
    const users = Array.from({ length: limits.usersPerPart + 1 }, (_, index) => {
      return { clientId: newUuid(), name: `user ${index}`, role: 'viewer' };
    });
    dialled.listen({ users: (of) => (of === roomId ? users : []), deleteUser: () => 2 });
    dialled.listen({ deleteUser: (of, { name }) => (of === roomId && name === 'ann' ? 1 : 0) });
    await linked;
    const parts: unknown[][] = [];
    const onPart = (part: unknown[]): void => void parts.push(part);
    await edge.peer.call('room.users', { roomId }, { onPart });
    expect(parts.map(({ length }) => length)).toEqual([limits.usersPerPart, 1]);
    expect(parts.flat()).toEqual(users);
    expect(await edge.peer.call('room.deleteUser', { roomId, name: 'ann', at_ms: 1 })).toBe(3);
  });
});
