import * as v from 'valibot';
import { CreateTokenRequest } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { encodeToken, signToken } from '../../protocol/token.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { tokenKeyOf } from '../config.ts';
import type { TokenRequest } from '../objects/api.ts';
import { roomOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';
import { placeOfRequest } from '../origin.ts';

/** A ticket has no room for longer ones. */
const Role = v.pipe(v.string(), v.minLength(1), v.maxLength(64, 'a role has up to 64 characters'));

/** `POST /rooms/:room/tokens`: a token for the user whom the signed header names. */
export async function postToken(context: EdgeContext): Promise<Response> {
  const roomId = context.req.param('room');
  if (!context.get('roomIsOurs') || roomId === undefined) {
    return context.text('Room does not exist', 404);
  }
  const { username: userName, role } = context.get('mauth');
  if (userName === undefined || userName === '' || role === undefined || role === '') {
    return context.text('Name and role?', 401);
  }
  if (!v.is(Role, role)) {
    throw new RizomaError('bad_request', 'mauth_role: a role has up to 64 characters');
  }
  const { regions: pin, location } = await bodyOf(context, CreateTokenRequest);
  const caller = placeOfRequest(context);
  try {
    return context.text(
      await makeToken(context, roomId, { userName, role, pin, location, caller }),
    );
  } catch (thrown) {
    // Licode's words where nobody at all could serve; where a pin is the reason, ours say so.
    const unpinned = pin.allow === undefined && pin.deny === undefined;
    if (thrown instanceof RizomaError && thrown.code === 'region_empty' && unpinned) {
      return context.text('No Erizo Controller found', 404);
    }
    throw thrown;
  }
}

/** Has the room issue a token and signs it. */
export async function makeToken(
  context: EdgeContext,
  roomId: string,
  request: TokenRequest,
): Promise<string> {
  const { tokenId, host, secure } = await valueOf(roomOf(context.env, roomId).issueToken(request));
  const signature = await signToken(await tokenKeyOf(context.get('config')), tokenId, host);
  const edge = new URL(context.req.url).origin;
  return encodeToken({ tokenId, host, secure, signature, edge, regions: request.pin });
}
