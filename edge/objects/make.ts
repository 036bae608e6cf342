import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { encodeToken, signToken } from '../../protocol/token.ts';
import type { Config } from '../config.ts';
import { tokenKeyOf } from '../config.ts';
import type { Trace } from '../log.ts';
import type { RoomRequest, TokenRequest } from './api.ts';
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
  const { tokenId, host, secure } = await valueOf(roomOf(env, roomId).issueToken(wish, trace));
  const signature = await signToken(await tokenKeyOf(config), tokenId, host);
  return encodeToken({ tokenId, host, secure, signature, edge, regions: wish.pin });
}
