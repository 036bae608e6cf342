import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../../edge/objects/outcome.ts';
import { servicesOf } from '../../edge/objects/stubs.ts';
import { attemptWaits_ms } from '../../edge/room/webhooks.ts';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import { DeadEventsAnswer } from '../../protocol/contracts/webhooks.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { verifyWebhook, webhookHeaders } from '../../protocol/webhook.ts';
import type { TestNode } from './support.ts';
import { answer, clock, problem, request, someFacts } from './support.ts';
import type { App } from './webhook-app.ts';
import { heldRoom, newApp, Received, ring, roomObject, rowsLeft } from './webhook-app.ts';

const somebody = (name = 'ann'): RoomUser => ({ clientId: newUuid(), name, role: 'presenter' });

/** Tells who is in the room at the node: these and nobody else. */
async function are(node: TestNode, roomId: string, ...users: RoomUser[]): Promise<void> {
  const number = (told += 1);
  const whole = { first: number, last: true };
  await node.peer.call('room.presence', {
    roomId,
    presence: { number, came: users, went: [], whole },
  });
}
let told = 0;

/** Whether nothing of webhooks is to be done. */
const isQuiet = async (roomId: string): Promise<boolean> =>
  await runInDurableObject(
    roomObject(roomId),
    (_, { storage }) =>
      storage.sql.exec("SELECT * FROM alarms WHERE purpose = 'webhooks'").toArray().length === 0,
  );

const pages = async (app: App): Promise<DeadEventsAnswer['deadEvents']> => {
  const response = await request('GET', '/webhook/dead', undefined, app.service);
  return v.parse(DeadEventsAnswer, await response.json()).deadEvents;
};

describe('a webhook', () => {
  it('tells of a room, its participants and streams in their order, from start to finish', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'told');
    const ann = somebody();
    const [facts] = [someFacts()];
    const streams = facts.streams.map((stream) => ({ ...stream, clientId: ann.clientId }));
    await node.peer.call('room.facts', { roomId, facts: { ...facts, streams } });
    await are(node, roomId, ann);
    await ring(roomId);
    await are(node, roomId);
    await are(node, roomId, ann);
    await node.peer.call('room.leave', { roomId });
    await ring(roomId);
    const heard = await app.heard();
    const visit = ['room_started', 'participant_joined', 'stream_published'];
    const end = ['stream_unpublished', 'participant_left', 'room_finished'];
    expect(heard.map(({ event }) => event)).toEqual([...visit, ...end, ...visit, ...end]);
    expect(heard.map(({ sequence }) => sequence)).toEqual(heard.map((_, index) => index + 1));
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
    expect(heard[0]?.room).toEqual({ _id: roomId, name: 'told' });
    const sessions = heard.map(({ sessionId }) => sessionId);
    expect([new Set(sessions.slice(0, 6)).size, new Set(sessions).size]).toEqual([1, 2]);
    expect(heard[1]).toMatchObject({
      participant: { id: ann.clientId, name: 'ann', role: 'presenter', region: 'eu-west' },
    });
    expect(heard[2]).toMatchObject({
      stream: { id: streams[0]?.streamId, participantId: ann.clientId, video: true },
    });
    expect(await isQuiet(roomId)).toBe(true);
  });

  it('is finished by the loss of all controllers', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'lost');
    await are(node, roomId, somebody());
    clock.pass(limits.lease_ms);
    await runDurableObjectAlarm(env.NODE.get(env.NODE.idFromName(node.card.nodeId)));
    await ring(roomId);
    expect((await app.names()).slice(2)).toEqual(['participant_left', 'room_finished']);
  });

  it('tells only what was asked for, numbered without gaps', async () => {
    const app = await newApp(['participant_left', 'room_finished']);
    const { roomId, node } = await heldRoom(app, 'chosen');
    await are(node, roomId, somebody());
    await are(node, roomId);
    await ring(roomId);
    const heard = await app.heard();
    expect(heard.map(({ event, sequence }) => [event, sequence])).toEqual([
      ['participant_left', 1],
      ['room_finished', 2],
    ]);
  });

  it('is tried again until it is taken, in order, over restarts and doubled alarms', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'tried');
    await app.answers(500, 302, 404);
    await are(node, roomId, somebody());
    await Promise.all([ring(roomId), ring(roomId)]);
    expect(await app.names()).toEqual(['room_started']);
    await ring(roomId);
    expect(await app.names()).toHaveLength(1);
    for (const wait_ms of attemptWaits_ms.slice(0, 3)) {
      await evictDurableObject(roomObject(roomId));
      clock.pass(wait_ms * 1.1);
      await ring(roomId);
    }
    const heard = await app.heard();
    expect(heard.map(({ event }) => event)).toEqual([
      ...Array.from({ length: 4 }, () => 'room_started'),
      'participant_joined',
    ]);
    const tries = heard.slice(0, 4);
    expect(new Set(tries.map((event) => JSON.stringify(event))).size).toBe(1);
    clock.pass(attemptWaits_ms[0] ?? 0);
    await ring(roomId);
    expect(await app.names()).toHaveLength(heard.length);
  });

  it('goes to the dead after the last attempt, where it can be read and tried again', async () => {
    const app = await newApp(['room_started', 'room_finished']);
    const { roomId, node } = await heldRoom(app, 'dead');
    await app.answers(...Array.from({ length: attemptWaits_ms.length + 1 }, () => 503));
    await are(node, roomId, somebody());
    for (const wait_ms of [0, ...attemptWaits_ms]) {
      expect(await pages(app)).toEqual([]);
      clock.pass(wait_ms * 1.1);
      await ring(roomId);
    }
    const [dead] = await pages(app);
    expect(dead).toMatchObject({
      attempts: attemptWaits_ms.length + 1,
      why: 'it answered 503',
      event: { event: 'room_started', sequence: 1, room: { _id: roomId } },
    });
    const about = await request('GET', '/webhook', undefined, app.service);
    expect(await about.json()).toMatchObject({ dead: 1, forgotten: 0 });
    const path = `/webhook/dead/${dead?.event.id}/retry`;
    expect((await request('POST', path, undefined, app.service)).status).toBe(202);
    await are(node, roomId);
    await ring(roomId);
    const heard = await app.heard();
    expect(heard.slice(attemptWaits_ms.length + 1).map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(await pages(app)).toEqual([]);
    expect(await problem(await request('POST', path, undefined, app.service))).toEqual({
      status: 404,
      code: 'not_found',
    });
  });

  it('tells the end of a room that was deleted, and then nothing is kept of the room', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'deleted');
    await are(node, roomId, somebody());
    await app.answers(500);
    await ring(roomId);
    const deleted = answer(request('DELETE', `/rooms/${roomId}`, undefined, app.service));
    expect(await deleted).toEqual([200, 'Room deleted']);
    await evictDurableObject(roomObject(roomId));
    clock.pass((attemptWaits_ms[0] ?? 0) * 1.1);
    await ring(roomId);
    expect((await app.names()).slice(1)).toEqual([
      'room_started',
      'participant_joined',
      'participant_left',
      'room_finished',
    ]);
    expect(await rowsLeft(roomId)).toBe(0);
    expect(await ring(roomId)).toBe(false);
  });

  it('gives up the oldest event where too many wait, and counts it among the dead', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'full');
    await app.answers(500);
    await are(node, roomId, somebody('first'));
    await ring(roomId);
    const crowd = Array.from({ length: 4_000 }, (_, index) => somebody(`${index}`));
    for (const users of [crowd, [], crowd]) {
      await are(node, roomId, ...users);
    }
    await app.answers(500);
    clock.pass((attemptWaits_ms[0] ?? 0) * 1.1);
    await ring(roomId);
    const response = await request('GET', '/webhook', undefined, app.service);
    // The room holds 10,000 and keeps 1,000 dead ones until its service is told, which keeps as many.
    const happened = 2 + 3 * (crowd.length + 1);
    expect(await response.json()).toMatchObject({
      dead: 1_000,
      forgotten: happened - 10_000 - 1_000,
    });
    const [first] = await pages(app);
    expect(first).toMatchObject({ why: 'too many events waited', attempts: 0 });
    expect(first?.event.sequence).toBe(happened - 11_000 + 1);
  });

  it('is changed for rooms that have told already, within half a minute', async () => {
    const app = await newApp();
    const { roomId, node } = await heldRoom(app, 'changed');
    await are(node, roomId, somebody());
    await ring(roomId);
    const secret = 'another secret of the app';
    const put = await request('PUT', '/webhook', { url: `${app.url}-new`, secret }, app.service);
    expect(await put.json()).toMatchObject({ version: 2, url: `${app.url}-new` });
    clock.pass(30_000);
    await are(node, roomId);
    await ring(roomId);
    expect(await app.names()).toHaveLength(2);
    const there = v.parse(Received, await (await fetch(`${app.url}-new`)).json());
    expect(there).toHaveLength(2);
    for (const { headers, body } of there) {
      await verifyWebhook(secret, headers, body, clock.now_ms);
      expect(headers[webhookHeaders.id]).toBe(JSON.parse(body).id);
    }
    const removed = answer(request('DELETE', '/webhook', undefined, app.service));
    expect(await removed).toEqual([200, 'Webhook deleted']);
    clock.pass(30_000);
    await are(node, roomId, somebody());
    await ring(roomId);
    await are(node, roomId);
    expect(await isQuiet(roomId)).toBe(true);
    expect(v.parse(Received, await (await fetch(`${app.url}-new`)).json())).toHaveLength(2);
  });
});

describe('the settings of a webhook', () => {
  it('show a secret that was made once, and keep it', async () => {
    const app = await newApp();
    expect(app.secret).toMatch(/^[0-9a-f]{64}$/);
    const again = await request('PUT', '/webhook', { url: app.url }, app.service);
    expect(await again.json()).toEqual({
      url: app.url,
      events: [
        'room_started',
        'room_finished',
        'participant_joined',
        'participant_left',
        'stream_published',
        'stream_unpublished',
        'recording_started',
        'recording_stopped',
        'recording_failed',
      ],
      version: 2,
      dead: 0,
      forgotten: 0,
    });
    expect(await (await request('GET', '/webhook', undefined, app.service)).text()).not.toMatch(
      app.secret,
    );
  });

  it('are refused where they are no place or no event, and belong to who signs', async () => {
    const app = await newApp();
    for (const body of [
      { url: 'http://receiver.test/' },
      { url: 'https://127.0.0.1/' },
      { url: 'nowhere' },
      { url: app.url, events: ['room_exploded'] },
      { url: app.url, secret: 'short' },
      {},
    ]) {
      const refused = await request('PUT', '/webhook', body, app.service);
      expect(await problem(refused)).toEqual({ status: 400, code: 'bad_request' });
    }
    const key = 'the key of nobody';
    const other = { serviceid: await valueOf(servicesOf(env).create({ name: 'other', key })), key };
    expect(await problem(await request('GET', '/webhook', undefined, other))).toEqual({
      status: 404,
      code: 'not_found',
    });
    const dead = await request('GET', '/webhook/dead', undefined, other);
    expect(await dead.json()).toEqual({ deadEvents: [] });
    const wrong = await request('GET', '/webhook/dead?after=x', undefined, other);
    expect(await problem(wrong)).toEqual({ status: 400, code: 'bad_request' });
  });
});
