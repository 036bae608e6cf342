import * as v from 'valibot';
import type { LocalSystem } from '../../infra/local.ts';
import { DemoTokenAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import { mauthHeader } from '../../protocol/mauth.ts';
import type { RegionPin } from '../../protocol/token.ts';

/** The edge of a system, and the keys of its superservice. */
export type Edge = Pick<LocalSystem, 'edgeUrl' | 'secrets'>;

/** A token from the demo route, pinned to `region` if that is given. Throws on any other answer. */
export async function demoToken(
  edgeUrl: string,
  wish: { room: string; name: string; region?: string },
): Promise<string> {
  const response = await fetch(`${edgeUrl}/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wish),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`POST /demo/token: ${response.status} ${text}`);
  }
  return v.parse(DemoTokenAnswer, JSON.parse(text)).token;
}

export interface TokenWish {
  room: string;
  name: string;
  pin: RegionPin;
}

const CreatedRoom = v.object({ _id: v.string() });

/** The id of the room of that name, which is created if there is none. */
export async function roomIdOf(edge: Edge, name: string): Promise<string> {
  const answer = await nuve(edge, 'POST', 'rooms', { name, options: { getOrCreate: true } });
  return v.parse(CreatedRoom, await answer.json())._id;
}

/** A presenter's token with a region pin, created as an app's server would. */
export async function tokenFor(edge: Edge, { room, name, pin }: TokenWish): Promise<string> {
  const roomId = await roomIdOf(edge, room);
  const user = { username: name, role: 'presenter' };
  return await (await nuve(edge, 'POST', `rooms/${roomId}/tokens`, { regions: pin }, user)).text();
}

/** Sends a request that the superservice signs, for a user if one is given. Throws if it is refused. */
export async function nuve(
  { edgeUrl, secrets }: Edge,
  method: string,
  path: string,
  body?: unknown,
  user: { username?: string; role?: string } = {},
): Promise<Response> {
  const { NUVE_SUPERSERVICE_ID: serviceid, NUVE_SUPERSERVICE_KEY: key } = secrets;
  const signature = { serviceid, timestamp: String(Date.now()), cnonce: newUuid(), ...user };
  const authorization = await mauthHeader(key, signature);
  const response = await fetch(`${edgeUrl}/${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) {
    throw new Error(`${method} /${path}: ${response.status} ${await response.text()}`);
  }
  return response;
}
