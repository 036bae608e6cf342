import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { signPass } from '../../protocol/pass.ts';
import { encodeToken, signToken } from '../../protocol/token.ts';
import type { Config } from '../config.ts';
import { tokenKeysOf } from '../config.ts';
import type { Trace } from '../log.ts';
import type { IssuedToken, RoomRequest, TokenRequest } from './api.ts';
import { valueOf } from './outcome.ts';
import type { Bindings } from './stubs.ts';
import { roomOf, serviceOf } from './stubs.ts';

/** Indexes a room at its service and makes it. Where the second fails, `getOrCreate` mends it. */
export async function makeRoom(
  components: { env: Bindings; trace: Trace },
  request: RoomRequest,
): Promise<RoomAnswer> {
  const { env, trace } = components;
  return await valueOf(serviceOf(env, request.serviceId).makeRoom(request, trace));
}

/**
 * Has a room issue a token, and signs it. `edge`: the URL at which the token can be exchanged.
 * Throws as placement does.
 */
export async function makeToken(
  components: { env: Bindings; config: Config; trace: Trace },
  roomId: string,
  request: TokenRequest & { edge: string },
): Promise<string> {
  const { env, config, trace } = components;
  const { edge, ...wish } = request;
  const issued = await valueOf(roomOf(env, roomId).issueToken(wish, trace));
  const { tokenId, host, secure } = issued;
  const signature = await signToken((await tokenKeysOf(config)).current, tokenId, host);
  const pass = wish.uses === 0 ? { pass: await makePass(config, issued, wish) } : {};
  return encodeToken({ tokenId, host, secure, signature, edge, regions: wish.pin, ...pass });
}

async function makePass(
  config: Config,
  { tokenId, epoch }: IssuedToken,
  { userName, role, pin, location, ttl_s }: TokenRequest,
): Promise<string> {
  const place = location === undefined ? {} : { place: location };
  const pass = { tokenId, userName, role, pin, epoch, ...place };
  return await signPass(config.ticketKeys.current, pass, { now_ms: Date.now(), ttl_s });
}
