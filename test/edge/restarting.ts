import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import * as v from 'valibot';
import { expect } from 'vitest';
import { valueOf } from '../../edge/objects/outcome.ts';
import { servicesOf } from '../../edge/objects/stubs.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import type { Signature, TestNode } from './support.ts';
import { clock, connect, request } from './support.ts';

export const nothing: RoomFacts = { erizos: [], streams: [] };

/** The node dials in again, as nodes do when they lose their link, under the lease that it has. */
export async function redial({ card }: TestNode): Promise<TestNode> {
  const node = await connect(card);
  await node.register();
  return node;
}

export type App = Signature & { serviceid: string; key: string };

export async function makeApp(): Promise<App> {
  const key = 'the key of an app';
  return { serviceid: await valueOf(servicesOf(env).create({ name: 'app', key })), key };
}

export const serviceObject = (id: string): DurableObjectStub =>
  env.SERVICE.get(env.SERVICE.idFromName(id));
export const nodeObject = ({ card }: TestNode): DurableObjectStub =>
  env.NODE.get(env.NODE.idFromName(card.nodeId));

/** A request is answered, or refused with the word that it is to be sent again. */
export async function tried(response: Promise<Response>): Promise<Response> {
  const got = await response;
  if (!got.ok) {
    expect([got.status, got.headers.get('retry-after')]).toEqual([503, '1']);
  }
  return got;
}

/** The rooms of a service, each of which has to be there and as it is listed. */
export async function roomsOf(app: App): Promise<RoomAnswer[]> {
  const response = await request('GET', '/rooms', undefined, app);
  const rooms = v.parse(v.array(RoomAnswer), await response.json());
  for (const room of rooms) {
    const read = await request('GET', `/rooms/${room._id}`, undefined, app);
    expect(await read.json()).toEqual(room);
  }
  return rooms;
}

/** The platform runs an alarm again that failed; in a test it is to be set again. */
export async function ringAgain(object: DurableObjectStub): Promise<void> {
  await runInDurableObject(object, (_, { storage }) => storage.setAlarm(clock.now_ms));
}

export async function alarmsOf(object: DurableObjectStub): Promise<void> {
  while (await runDurableObjectAlarm(object)) {
    // Until there is none.
  }
}
