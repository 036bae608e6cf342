import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, it } from 'vitest';
import worker from '../../edge/worker.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { parse } from '../../protocol/parse.ts';
import {
  answer,
  origin,
  postJson,
  problem,
  request,
  signed,
  someFacts,
  startNode,
} from './support.ts';

beforeAll(async () => {
  await startNode('eu-west');
  await startNode('us-east');
});

const make = async (options: unknown): Promise<Response> =>
  await postJson('/rooms', { name: 'pinned', options }, { headers: await signed() });

describe('a room with a pin', () => {
  it('keeps it, changes it as a whole, and says it', async () => {
    const regions = { allow: ['eu-west'], deny: ['us-east'] };
    const room = parse(RoomAnswer, await (await make({ regions })).json(), 'room');
    expect(room.regions).toEqual(regions);
    const path = `/rooms/${room._id}`;
    const read = async (): Promise<unknown> => await (await request('GET', path)).json();
    for (const method of ['PUT', 'PATCH']) {
      const body = { name: 'pinned', options: { regions: { deny: ['us-east'] } } };
      expect(await answer(request(method, path, body))).toEqual([200, 'Room Updated']);
      expect(await read()).toMatchObject({ regions: { deny: ['us-east'] } });
    }
    await request('PATCH', path, { options: { regions: {} } });
    expect(await read()).not.toHaveProperty('regions');
  });

  it('is refused where the pin is wrong, names nobody or leaves nothing', async () => {
    const wrong = { status: 400, code: 'bad_request' };
    for (const options of [
      { regions: 'eu-west' },
      { regions: { allow: [] } },
      { regions: { prefer: ['eu-west'] } },
      { jurisdiction: 'mars' },
    ]) {
      expect(await problem(await make(options))).toEqual(wrong);
    }
    const room = parse(RoomAnswer, await (await make({})).json(), 'room');
    const change = async (regions: unknown): Promise<Response> =>
      await request('PATCH', `/rooms/${room._id}`, { options: { regions } });
    for (const regions of [{ allow: ['atlantis'] }, { deny: ['us-eats'] }]) {
      const unknown = { status: 400, code: 'region_unknown' };
      expect(await problem(await make({ regions }))).toEqual(unknown);
      expect(await problem(await change(regions))).toEqual(unknown);
    }
    const regions = { allow: ['eu-west'], deny: ['eu-west'] };
    expect(await problem(await make({ regions }))).toEqual({ status: 409, code: 'pin_empty' });
    expect(await problem(await change(regions))).toEqual({ status: 409, code: 'pin_empty' });
  });
});

const noFacts = { erizos: [], streams: [] };

describe('a node outside the pin of a room', () => {
  it('is told neither who is in it nor its grant, and holds it no more once the pin is changed', async () => {
    const [eu, us] = [await startNode('eu-west'), await startNode('us-east')];
    const pinned = await make({ regions: { allow: ['eu-west'] } });
    const { _id: roomId } = parse(RoomAnswer, await pinned.json(), 'room');
    const enter = (node: typeof eu) => node.enter(roomId, node === eu ? someFacts() : noFacts);
    expect(await enter(eu)).toMatchObject({ grant: expect.any(String) as string });
    await expect(enter(us)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/pin of the room does not allow .* in us-east/) as string,
    });
    await request('PATCH', `/rooms/${roomId}`, { options: { regions: { allow: ['us-east'] } } });
    await expect(enter(eu)).rejects.toMatchObject({ code: 'forbidden' });
    // What it had in the room before is gone with it.
    expect(await enter(us)).toMatchObject({ holders: ['us-east-1'], erizos: [], streams: [] });
  });
});

describe('a node that a new pin of its room excludes', () => {
  it('is told that it holds the room no more, and nothing that happens in it from then on', async () => {
    const [eu, us] = [await startNode('eu-west'), await startNode('us-east')];
    const { _id: roomId } = parse(RoomAnswer, await (await make({})).json(), 'room');
    await us.enter(roomId, someFacts());
    eu.follow(await eu.enter(roomId, noFacts));
    expect(eu.directory).toMatchObject({ holders: ['us-east-1', 'eu-west-1'] });
    await us.changes.until(({ holders }) => holders?.put.includes('eu-west-1') === true);
    await request('PATCH', `/rooms/${roomId}`, { options: { regions: { allow: ['eu-west'] } } });
    expect(await us.drops.take()).toBe(roomId);
    await eu.changes.until(({ holders }) => holders?.removed.includes('us-east-1') === true);
    expect(eu.directory).toMatchObject({ holders: ['eu-west-1'], erizos: [], streams: [] });
    const seen: unknown[] = [];
    us.apply = (change) => void seen.push(change);
    await eu.grants.take();
    await eu.peer.call('room.facts', { roomId, facts: someFacts() });
    for (const call of [
      us.peer.call('room.facts', { roomId, facts: noFacts }),
      us.peer.call('room.presence', { roomId, presence: { number: 1, came: [], went: [] } }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(us.enter(roomId, noFacts)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(seen).toEqual([]);
  });
});

describe('a room in a jurisdiction', () => {
  it('is refused where the deployment offers none, or others', async () => {
    const none = await make({ jurisdiction: 'eu' });
    expect(await none.json()).toMatchObject({
      status: 400,
      code: 'jurisdiction_unknown',
      detail: expect.stringContaining('it offers: none'),
    });
    const asked = new Request(`${origin}/rooms`, {
      method: 'POST',
      headers: await signed(),
      body: JSON.stringify({ name: 'bound', options: { jurisdiction: 'eu' } }),
    });
    const other = { ...env, RIZOMA_JURISDICTIONS: 'us, fedramp' };
    const response = await worker.fetch(asked, other, createExecutionContext());
    expect(await response.json()).toMatchObject({ details: { offered: ['us', 'fedramp'] } });
  });

  it('cannot be moved to by a change, and is not found where nobody can have made it', async () => {
    const room = parse(RoomAnswer, await (await make({})).json(), 'room');
    const moved = await request('PATCH', `/rooms/${room._id}`, { options: { jurisdiction: 'eu' } });
    expect(await problem(moved)).toEqual({ status: 409, code: 'conflict' });
    const explained = await request('POST', '/placements/explain', {
      room: `fee1${'0'.repeat(20)}`,
    });
    expect(await problem(explained)).toEqual({ status: 404, code: 'not_found' });
  });
});

describe('the room for tests', () => {
  const made = async (): Promise<RoomAnswer> =>
    parse(RoomAnswer, await (await make({ test: true })).json(), 'room');

  it('is one of the service, with Licode’s name, until it is deleted', async () => {
    const [first, second] = [await made(), await made()];
    expect(first).toEqual({ _id: second._id, name: 'testRoom', test: true });
    await request('DELETE', `/rooms/${first._id}`);
    expect((await made())._id).not.toBe(first._id);
  });

  it('stays the room for tests when it is renamed', async () => {
    const { _id } = await made();
    await request('PUT', `/rooms/${_id}`, { name: 'renamed' });
    expect(await made()).toEqual({ _id, name: 'renamed', test: true });
  });
});
