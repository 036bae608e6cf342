import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { valueOf } from '../../edge/objects/outcome.ts';
import { servicesOf } from '../../edge/objects/stubs.ts';
import type { WebhookEvent } from '../../protocol/contracts/webhooks.ts';
import { WebhookAnswer } from '../../protocol/contracts/webhooks.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import { newUuid } from '../../protocol/ids.ts';
import { verifyWebhook, webhookHeaders } from '../../protocol/webhook.ts';
import type { Signature, TestNode } from './support.ts';
import { createRoom, request, startNode } from './support.ts';

export const nothing: RoomFacts = { erizos: [], streams: [] };
export const roomObject = (id: string): DurableObjectStub => env.ROOM.get(env.ROOM.idFromName(id));
/** Rings the alarm of a room. */
export const ring = async (roomId: string): Promise<boolean> =>
  await runDurableObjectAlarm(roomObject(roomId));

/** What the receiver of tests has taken. */
export const Received = v.array(
  v.object({ headers: v.record(v.string(), v.string()), body: v.string() }),
);

/** An app that wants to hear of its rooms, and the server that hears it. */
export interface App {
  readonly service: Signature;
  readonly url: string;
  readonly secret: string;
  /** Each message that came, checked; several where an event was sent again. */
  heard(): Promise<WebhookEvent[]>;
  names(): Promise<string[]>;
  /** What the next messages are answered. */
  answers(...statuses: number[]): Promise<void>;
}

const signedAt_ms = (headers: Record<string, string>): number =>
  Number(headers[webhookHeaders.timestamp]) * 1000;

export async function newApp(events?: string[]): Promise<App> {
  // The receiver is the same for all files of tests.
  const name = `app-${newUuid()}`;
  const key = `the key of ${name}`;
  const service = { serviceid: await valueOf(servicesOf(env).create({ name, key })), key };
  const url = `https://receiver.test/${name}`;
  const response = await request('PUT', '/webhook', { url, events }, service);
  const { secret = '' } = v.parse(WebhookAnswer, await response.json());
  const received = async (): Promise<v.InferOutput<typeof Received>> =>
    v.parse(Received, await (await fetch(url)).json());
  const heard = async (): Promise<WebhookEvent[]> =>
    await Promise.all(
      (await received()).map(({ headers, body }) =>
        verifyWebhook(secret, headers, body, signedAt_ms(headers)),
      ),
    );
  return {
    service,
    url,
    secret,
    heard,
    names: async () => (await heard()).map(({ event }) => event),
    answers: async (...statuses) => {
      await fetch(url, { method: 'PUT', body: JSON.stringify(statuses) });
    },
  };
}

let nodes = 70;

export interface HeldRoom {
  readonly roomId: string;
  readonly node: TestNode;
  /** Of the node: another run of it has the same. */
  readonly number: number;
}

/** A room of the app that a node holds. */
export async function heldRoom(app: App, name: string): Promise<HeldRoom> {
  const { _id: roomId } = await createRoom(name, app.service);
  const number = (nodes += 1);
  const node = await startNode('eu-west', number);
  await node.enter(roomId, nothing);
  return { roomId, node, number };
}

/** How much is kept of a room. */
export const rowsLeft = async (roomId: string): Promise<number> =>
  await runInDurableObject(roomObject(roomId), (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
      )
      .toArray();
    const counts = tables.map(({ name }) =>
      Number(storage.sql.exec(`SELECT COUNT(*) AS n FROM ${name}`).one()['n']),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  });
