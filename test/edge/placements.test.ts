import { createExecutionContext, evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { limits } from '../../protocol/limits.ts';
import type { TestNode } from './support.ts';
import {
  ask,
  clock,
  createRoom,
  createToken,
  idle,
  origin,
  postJson,
  problem,
  signed,
  someFacts,
  startNode,
} from './support.ts';

let nodes: TestNode[];

beforeAll(async () => {
  nodes = await Promise.all([startNode('eu-west'), startNode('eu-west', 2), startNode('us-east')]);
});

const paris = { lat: 48.86, lon: 2.35 };

async function explain(body: unknown): Promise<Response> {
  return await postJson('/placements/explain', body, { headers: await signed() });
}

async function explained(body: unknown): Promise<ExplainAnswer> {
  return v.parse(ExplainAnswer, await (await explain(body)).json());
}

async function join(roomId: string): Promise<string | undefined> {
  const token = await (await createToken(roomId, { location: paris })).text();
  const answer = v.parse(JoinAnswer, await (await postJson('/join', { token })).json());
  return answer.controllers[0]?.host.split('.')[0];
}

describe('POST /placements/explain', () => {
  it('says of every node what became of it', async () => {
    const answer = await explained({ location: paris, regions: { deny: ['us-east'] } });
    expect(answer).toMatchObject({ policy: 'nearest', rule: 'pinned' });
    const rows = answer.candidates.map(
      ({ nodeId, outcome, rule }) => `${nodeId} ${outcome} ${rule}`,
    );
    expect(rows.slice(0, 2).toSorted()).toEqual([
      expect.stringMatching(/^eu-west-1 (taken|alternative) pinned$/),
      expect.stringMatching(/^eu-west-2 (taken|alternative) pinned$/),
    ]);
    expect(rows[2]).toBe('us-east-1 refused pin');
  });

  it('goes by the caller’s place where the body gives none', async () => {
    const init = { headers: await signed(), cf: { latitude: '40', longitude: '-80' } };
    const answer = v.parse(
      ExplainAnswer,
      await (await postJson('/placements/explain', {}, init)).json(),
    );
    expect(answer).toMatchObject({ rule: 'nearest', candidates: { 0: { nodeId: 'us-east-1' } } });
    expect(answer.candidates[0]?.delay_ms).toBeLessThan(10);
  });

  it('changes nothing: no token is used up and nobody counts as on the way', async () => {
    const { _id: room } = await createRoom('a dry run');
    for (const _ of Array.from({ length: 5 })) {
      await explain({ location: paris, room });
    }
    const { candidates } = await explained({ location: paris, room });
    expect(candidates.map(({ load }) => load.clients)).toEqual([0, 0, 0]);
  });

  it('sees who is on the way to the room, and who holds it after a restart', async () => {
    const { _id: room } = await createRoom('sticky');
    const taken = await join(room);
    const before = await explained({ location: paris, room });
    expect(before).toMatchObject({ rule: 'sticky', candidates: { 0: { nodeId: taken } } });
    expect(before.candidates[0]?.load.clients).toBe(1);
    const other = nodes.find(({ card }) => card.region === 'eu-west' && card.nodeId !== taken);
    await other?.enter(room, someFacts());
    await evictDurableObject(env.ROOM.get(env.ROOM.idFromName(room)));
    const after = await explained({ location: paris, room });
    expect(after).toMatchObject({
      rule: 'sticky',
      candidates: { 0: { nodeId: other?.card.nodeId } },
    });
    expect(await join(room)).toBe(other?.card.nodeId);
  });

  it('is refused to all but the superservice', async () => {
    expect((await postJson('/placements/explain', {})).status).toBe(401);
    const made = await postJson(
      '/services',
      { name: 'curious', key: 'a key of its own' },
      { headers: await signed() },
    );
    const serviceid = v.parse(v.string(), await made.json());
    const headers = await signed({ serviceid, key: 'a key of its own' });
    expect((await postJson('/placements/explain', {}, { headers })).status).toBe(401);
  });

  it('refuses bodies that are wrong, regions and rooms that nobody knows, and other methods', async () => {
    for (const body of [
      { room: 'x' },
      { location: { lat: 91, lon: 0 } },
      { regions: { allow: [] } },
      { more: 1 },
      null,
    ]) {
      expect(await problem(await explain(body))).toEqual({ status: 400, code: 'bad_request' });
    }
    expect(await problem(await explain({ regions: { prefer: ['atlantis'] } }))).toEqual({
      status: 400,
      code: 'region_unknown',
    });
    expect(await problem(await explain({ room: 'f'.repeat(24) }))).toEqual({
      status: 404,
      code: 'not_found',
    });
    expect(await problem(await ask('/placements/explain'))).toEqual({
      status: 405,
      code: 'method_not_allowed',
    });
  });
});

describe('RIZOMA_PLACEMENT', () => {
  const askWith = async (RIZOMA_PLACEMENT: string): Promise<Response> => {
    const request = new Request(`${origin}/placements/explain`, {
      method: 'POST',
      headers: await signed(),
    });
    return await worker.fetch(request, { ...env, RIZOMA_PLACEMENT }, createExecutionContext());
  };

  it('chooses the policy', async () => {
    for (const policy of ['nearest', 'least_loaded', 'first_joiner']) {
      expect(await (await askWith(policy)).json()).toMatchObject({ policy });
    }
  });

  it('is named where it is wrong', async () => {
    const response = await askWith('cheapest');
    expect(response.status).toBe(500);
    expect(await response.text()).toMatch('RIZOMA_PLACEMENT is wrong');
  });
});

describe('what a node measured', () => {
  it('counts for those who are near to it, and may be withdrawn', async () => {
    const { card } = await startNode('ap-northeast');
    const body = { location: paris, regions: { deny: ['eu-west'] } };
    expect((await explained(body)).candidates[0]?.nodeId).toBe('us-east-1');
    const [home] = nodes;
    clock.pass(limits.snapshot_ms);
    const rtts_ms = { 'us-east': 301, 'ap-northeast': 212 };
    await home?.peer.call('node.keepAlive', { load: { ...idle, rtts_ms } });
    const measured = await explained({ ...body, location: home?.card.place });
    expect(measured).toMatchObject({
      rule: 'nearest',
      candidates: { 0: { nodeId: card.nodeId, delay_ms: 212 }, 1: { delay_ms: 301 } },
    });
    clock.pass(limits.snapshot_ms);
    await home?.peer.call('node.keepAlive', { load: idle });
    expect((await explained(body)).candidates[0]?.nodeId).toBe('us-east-1');
  });

  it('is refused where it is no time or names no region', async () => {
    const [home] = nodes;
    const wrong: Record<string, number>[] = [{ a: -1 }, { a: 1e9 }, { 'US East': 1 }];
    for (const rtts_ms of wrong) {
      await expect(
        home?.peer.call('node.keepAlive', { load: { ...idle, rtts_ms } }),
      ).rejects.toMatchObject({ code: 'bad_request' });
    }
  });
});

describe('a join', () => {
  it('goes to the node that its room has, until that is full', async () => {
    const { _id: room } = await createRoom('until full');
    const [first, second] = nodes;
    await first?.enter(room, someFacts());
    for (const _ of Array.from({ length: 4 })) {
      expect(await join(room)).toBe('eu-west-1');
    }
    clock.pass(3_000);
    await first?.peer.call('node.keepAlive', { load: { ...idle, cpu: 0.95, state: 'full' } });
    clock.pass(2_000);
    expect(await join(room)).toBe(second?.card.nodeId);
    await first?.peer.call('node.keepAlive', { load: idle });
  });
});
