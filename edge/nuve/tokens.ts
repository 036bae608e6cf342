import * as v from 'valibot';
import { CreateTokenRequest } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { parse } from '../../protocol/parse.ts';
import { pinWords } from '../../protocol/pin.ts';
import { RegionPin } from '../../protocol/token.ts';
import { UserName } from '../../protocol/user-name.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import { makeToken } from '../objects/make.ts';
import { valueOf } from '../objects/outcome.ts';
import { roomOf } from '../objects/stubs.ts';
import { originOf, placeOfRequest } from '../origin.ts';
import { roomIdOf } from './room.ts';
import { wishOf } from './token-wish.ts';

const defaults = {
  /** A ticket has no room for longer ones. */
  role_chars: 64,
} as const;

/** `POST /rooms/:room/tokens`: a token for the user whom the signed header names. */
export async function postToken(context: EdgeContext): Promise<Response> {
  const roomId = roomIdOf(context);
  const { userName: named, role } = context.get('signer');
  if (named === undefined || named === '' || role === undefined || role === '') {
    return context.text('Name and role?', 401);
  }
  const userName = parse(UserName, named, 'the name of the user');
  if (role.length > defaults.role_chars) {
    throw new RizomaError('bad_request', `a role has up to ${defaults.role_chars} characters`);
  }
  const body = await bodyOf(context, CreateTokenRequest);
  const { pin, location } = wishOf(body);
  const { ttl_s, uses } = body;
  const caller = placeOfRequest(context);
  const { env } = context;
  const config = context.get('config');
  const edge = originOf(context);
  try {
    const request = { userName, role, pin, location, caller, ttl_s, uses, edge };
    return context.text(await makeToken({ env, config, trace: traceOf(context) }, roomId, request));
  } catch (thrown) {
    // Licode's words where nobody at all could serve; where a pin is the reason, ours say so.
    if (!isNobodyAtAll(thrown)) {
      throw thrown;
    }
    context.header('retry-after', thrown.retryAfter_s?.toString());
    return context.text('No Erizo Controller found', 404);
  }
}

/** `DELETE /rooms/:room/tokens`: all are worth nothing, passes as soon as it is known everywhere. */
export async function deleteTokens(context: EdgeContext): Promise<Response> {
  await valueOf(roomOf(context.env, roomIdOf(context)).revokeTokens(traceOf(context)));
  return context.text('Tokens revoked');
}

function isNobodyAtAll(thrown: unknown): thrown is RizomaError {
  if (!(thrown instanceof RizomaError) || thrown.code !== 'region_empty') {
    return false;
  }
  const pin = v.safeParse(RegionPin, thrown.details);
  return pin.success && pinWords(pin.output) === '';
}
