import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { expect, it } from 'vitest';
import type { Mesh } from '../../edge/objects/mesh.ts';
import { checkCertificate } from '../../protocol/certificate.ts';
import { NodeDetailAnswer, NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { TestNode } from './support.ts';
import {
  cardOf,
  clock,
  connect,
  createRoom,
  createToken,
  enrolmentOf,
  idle,
  newKey,
  postJson,
  problem,
  request,
  someFacts,
  startNode,
} from './support.ts';

const objectOf = ({ card }: TestNode): DurableObjectStub =>
  env.NODE.get(env.NODE.idFromName(card.nodeId));
const mesh = (): DurableObjectStub => env.MESH.get(env.MESH.idFromName('mesh'));

/** The keys of a registration, and what its certificate says. */
async function certificateOf(node: TestNode, answer: Awaited<ReturnType<TestNode['register']>>) {
  const { nodeId, region } = node.card;
  const expected = { nodeId, region, now_ms: clock.now_ms };
  return await checkCertificate(answer.ticketKeys, answer.certificate, expected);
}

async function list(): Promise<NodesAnswer['nodes']> {
  const response = await request('GET', '/nodes');
  return v.parse(NodesAnswer, await response.json()).nodes;
}

async function detail(response: Response): Promise<NodeDetailAnswer> {
  return v.parse(NodeDetailAnswer, await response.json());
}

it('nodes that come together are told of together: each is told of all', async () => {
  await runInDurableObject(mesh() as DurableObjectStub<Mesh>, async (object, { storage }) => {
    await object.alarm();
    const told_ms = clock.now_ms;
    for (const number of [1, 2]) {
      await object.join({ card: cardOf('us-east', number), load: idle, lease: 1 });
      // After the pause, and once for both.
      expect(await storage.getAlarm()).toBe(told_ms + 250);
    }
    clock.pass(251);
    await object.join({ card: cardOf('us-east', 3), load: idle, lease: 1 });
    expect(await storage.getAlarm()).toBe(clock.now_ms);
    // Nobody is to be placed at nodes that have no certificate.
    for (const number of [1, 2, 3]) {
      await object.leave({ nodeId: cardOf('us-east', number).nodeId, lease: 1 });
    }
  });
});

it('a node that shows its key is certified for a day, and members are handed its certificate', async () => {
  const node = await connect(cardOf('eu-west', 1));
  const answer = await node.register();
  const certificate = await certificateOf(node, answer);
  expect(certificate).toMatchObject({ nodeId: 'eu-west-1', region: 'eu-west' });
  expect(certificate.expires_s - Math.floor(clock.now_ms / 1000)).toBe(limits.certificate_ttl_s);
  await node.members.until((ids) => ids.includes('eu-west-1'));
  expect(node.cards.find(({ nodeId }) => nodeId === 'eu-west-1')).toEqual({
    ...node.card,
    certificate: answer.certificate,
  });
});

it('a node that registers again keeps its certificate through half of its life, and renews it then', async () => {
  const node = await connect(cardOf('eu-west', 2));
  const first = await node.register();
  clock.pass((limits.certificate_ttl_s * 1000) / 2 - 1_000);
  expect((await node.register()).certificate).toBe(first.certificate);
  clock.pass(1_000);
  const enrolment = await enrolmentOf(node.card);
  const renewed = await node.peer.call('node.renew', { enrolment });
  const { expires_s } = await certificateOf(node, { ...first, certificate: renewed });
  expect(expires_s - Math.floor(clock.now_ms / 1000)).toBe(limits.certificate_ttl_s);
  await runDurableObjectAlarm(mesh());
  await node.members.until(() => node.cards.some(({ certificate }) => certificate === renewed));
});

it('a node is not registered with an enrolment that is not its own, or not of now', async () => {
  const node = await connect(cardOf('eu-west', 3));
  const register = async (enrolment: string): Promise<unknown> =>
    await node.peer.call('node.register', { card: node.card, load: idle, enrolment });
  const old = await enrolmentOf(node.card);
  const [head, body, signature] = (await enrolmentOf(node.card)).split('.');
  const [, , another] = (await enrolmentOf({ ...node.card, epoch: newUuid() })).split('.');
  clock.pass((limits.enrolment_ttl_s + limits.clockSkew_s + 1) * 1000);
  for (const enrolment of [
    old,
    'not a token',
    `${head}.${body}.${another}`,
    `${head}.${body}.${signature}`,
    await enrolmentOf(cardOf('eu-west', 33)),
    await enrolmentOf({ ...node.card, epoch: newUuid() }),
  ]) {
    await expect(register(enrolment)).rejects.toMatchObject({ code: 'forbidden' });
  }
  await node.register();
});

it('a node is not registered that others could not dial, each of whom would try', async () => {
  const node = await connect(cardOf('eu-west', 34));
  const enrolment = await enrolmentOf(node.card);
  for (const endpoint of ['tcp://localhost:4000', 'tcp://10.0.0.1:0', 'tcp://10.0.0.256:1']) {
    for (const name of ['agent', 'controller', 'mesh'] as const) {
      const card = { ...node.card, [name]: endpoint };
      await expect(
        node.peer.call('node.register', { card, load: idle, enrolment }),
      ).rejects.toMatchObject({ code: 'bad_request', message: expect.stringContaining(name) });
    }
  }
  await node.register();
});

it('of two nodes with one id the second is refused for as long as a certificate of the first may be good', async () => {
  const first = await startNode('eu-west', 4);
  const { _id: roomId } = await createRoom('one id');
  await first.enter(roomId, someFacts());
  const anotherKey = newKey();
  const another = (): Promise<TestNode> =>
    connect({ ...cardOf('eu-west', 4), epoch: newUuid() }, anotherKey);
  const second = await another();
  await expect(second.register()).rejects.toMatchObject({ code: 'conflict' });
  await evictDurableObject(objectOf(first));
  clock.pass(limits.lease_ms - 1);
  expect(await first.peer.call('node.keepAlive', { load: idle })).toBe('ok');
  await expect(second.register()).rejects.toMatchObject({ code: 'conflict' });
  await first.peer.call('node.killMe', {});
  await expect(second.register()).rejects.toMatchObject({ code: 'conflict' });
  // It restarts, and comes back under its key.
  await first.register();
  await first.peer.call('node.killMe', {});
  clock.pass((limits.certificate_ttl_s + limits.clockSkew_s) * 1000 - 1);
  const later = await another();
  await expect(later.register()).rejects.toMatchObject({ code: 'conflict' });
  clock.pass(1);
  await later.register();
  expect(await first.ended).toBe('peer_closed');
});

it('the id of a node that has lost its keys is another one’s once the operator has freed it', async () => {
  const first = await startNode('eu-west', 41);
  await first.peer.call('node.killMe', {});
  const second = await connect({ ...cardOf('eu-west', 41), epoch: newUuid() }, newKey());
  await expect(second.register()).rejects.toThrow('DELETE /nodes/eu-west-41');
  expect((await request('DELETE', '/nodes/eu-west-41')).status).toBe(200);
  const third = await connect({ ...cardOf('eu-west', 41), epoch: newUuid() }, newKey());
  await third.register();
});

it('a node that keeps its keys for one run alone has its id for as long as its lease', async () => {
  const first = await connect(cardOf('eu-west', 42));
  await first.peer.call('node.register', {
    ...{ card: first.card, load: idle, keysEnd: true },
    enrolment: await enrolmentOf(first.card),
  });
  const second = await connect({ ...cardOf('eu-west', 42), epoch: newUuid() }, newKey());
  await expect(second.register()).rejects.toMatchObject({ code: 'conflict' });
  await first.peer.call('node.killMe', {});
  await second.register();
});

it('a node that says goodbye is out of the mesh and of its rooms at once', async () => {
  const node = await startNode('eu-west', 5);
  const other = await startNode('us-east', 5);
  const { _id: roomId } = await createRoom('goodbye');
  await node.enter(roomId, someFacts());
  await other.enter(roomId, { erizos: [], streams: [] });
  await node.peer.call('node.killMe', {});
  expect((await list()).map(({ nodeId }) => nodeId)).not.toContain('eu-west-5');
  expect((await other.changes.take()).streams.removed).toHaveLength(1);
  expect(await node.peer.call('node.killMe', {})).toBeNull();
});

it('GET /nodes shows each with its load, lease and certificate, for the superservice alone', async () => {
  const node = await startNode('ap-northeast', 6);
  clock.pass(1_500);
  const shown = (await list()).find(({ nodeId }) => nodeId === node.card.nodeId);
  const { agent: _, ...card } = node.card;
  expect(shown).toMatchObject({
    ...card,
    state: 'available',
    draining: false,
    load: idle,
    lease: { number: 1, age_s: 1.5 },
  });
  expect(Date.parse(shown?.certificate?.expires ?? '')).toBeGreaterThan(clock.now_ms);
  const one = await detail(await request('GET', '/nodes/ap-northeast-6'));
  expect(one).toEqual({ ...shown, linked: true, silence_s: 1.5 });
  expect(await problem(await request('GET', '/nodes/ap-northeast-66'))).toEqual({
    status: 404,
    code: 'not_found',
  });
  expect((await request('GET', '/nodes/No-Slug')).status).toBe(400);
  const made = await request('POST', '/services', { name: 'other', key: 'a key of its own' });
  const other = { serviceid: v.parse(v.string(), await made.json()), key: 'a key of its own' };
  expect((await request('GET', '/nodes', undefined, other)).status).toBe(401);
  expect((await request('DELETE', '/nodes/ap-northeast-6', undefined, other)).status).toBe(401);
});

it('a node that drains is offered to nobody, and is again when the drain is undone', async () => {
  const [eu, us] = [await startNode('eu-west', 7), await startNode('us-east', 7)];
  const only = { regions: { allow: ['eu-west'] } };
  const candidates = async () => {
    const answer = await request('POST', '/placements/explain', only);
    return v.parse(ExplainAnswer, await answer.json()).candidates;
  };
  const { _id: roomId } = await createRoom('drain');
  const token = await (await createToken(roomId, { regions: { prefer: ['eu-west'] } })).text();
  for (const { nodeId } of await list()) {
    if (nodeId.startsWith('eu-west') && nodeId !== eu.card.nodeId) {
      await request('DELETE', `/nodes/${nodeId}`);
    }
  }
  const drained = await detail(await request('POST', '/nodes/eu-west-7/drain'));
  expect(drained).toMatchObject({ draining: true, load: { draining: true } });
  expect(eu.draining).toBe(true);
  // Pictures of the mesh are old by now.
  clock.pass(limits.snapshot_ms);
  expect(await candidates()).toContainEqual(
    expect.objectContaining({ nodeId: 'eu-west-7', outcome: 'refused', rule: 'draining' }),
  );
  const joined = v.parse(JoinAnswer, await (await postJson('/join', { token })).json());
  expect(joined.controllers.map(({ host }) => host)).not.toContain(eu.card.host);
  expect((await createToken(roomId, only)).status).toBe(503);
  expect(us.draining).toBe(false);

  const back = await detail(await request('DELETE', '/nodes/eu-west-7/drain'));
  expect(back.draining).toBe(false);
  clock.pass(limits.snapshot_ms);
  expect((await createToken(roomId, only)).status).toBe(200);

  eu.ends = true;
  await request('POST', '/nodes/eu-west-7/drain');
  expect(await problem(await request('DELETE', '/nodes/eu-west-7/drain'))).toEqual({
    status: 409,
    code: 'conflict',
  });
  eu.peer.close();
  await eu.ended;
  const unheard = await request('POST', '/nodes/eu-west-7/drain');
  expect(unheard.headers.get('retry-after')).toBe('5');
  expect(await problem(unheard)).toMatchObject({ code: 'link_down' });
});

it('a keep-alive that says a node drains is known at once, however lately the last load was told', async () => {
  const node = await startNode('eu-west', 8);
  await node.peer.call('node.keepAlive', { load: { ...idle, draining: true } });
  await expect
    .poll(async () => (await list()).find((one) => one.nodeId === 'eu-west-8')?.draining)
    .toBe(true);
});

it('a revoked key is out at once, under every id, and the others are told', async () => {
  const key = newKey();
  const node = await connect(cardOf('eu-west', 9), key);
  const other = await startNode('us-east', 9);
  const { peerId } = await certificateOf(node, await node.register());
  const answer = await request('DELETE', '/nodes/eu-west-9');
  expect([answer.status, await answer.text()]).toEqual([200, 'Node revoked']);
  expect(await node.ended).toBe('peer_closed');
  await runDurableObjectAlarm(mesh());
  await other.members.until((ids) => !ids.includes('eu-west-9'));
  expect(other.revoked).toContain(peerId);
  for (const number of [9, 99]) {
    const again = await connect(cardOf('eu-west', number), key);
    await expect(again.register()).rejects.toMatchObject({ code: 'certificate_revoked' });
  }
  const anew = await connect(cardOf('eu-west', 9), newKey());
  await anew.register();
  expect((await request('DELETE', '/nodes/eu-west-999')).status).toBe(404);
  clock.pass((limits.certificate_ttl_s + limits.clockSkew_s) * 1000);
  await anew.register();
  await anew.members.until((ids) => ids.includes('eu-west-9'));
  expect(anew.revoked).not.toContain(peerId);
});
