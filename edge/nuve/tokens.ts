import { CreateTokenRequest } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import { makeToken } from '../objects/make.ts';
import { originOf, placeOfRequest } from '../origin.ts';
import { roomIdOf } from './room.ts';

const defaults = {
  /** A ticket has no room for longer ones. */
  role_chars: 64,
} as const;

/** `POST /rooms/:room/tokens`: a token for the user whom the signed header names. */
export async function postToken(context: EdgeContext): Promise<Response> {
  const roomId = roomIdOf(context);
  const { userName, role } = context.get('signer');
  if (userName === undefined || userName === '' || role === undefined || role === '') {
    return context.text('Name and role?', 401);
  }
  if (role.length > defaults.role_chars) {
    throw new RizomaError('bad_request', `a role has up to ${defaults.role_chars} characters`);
  }
  const { regions: pin, location } = await bodyOf(context, CreateTokenRequest);
  const caller = placeOfRequest(context);
  const { env } = context;
  const config = context.get('config');
  const edge = originOf(context);
  try {
    const request = { userName, role, pin, location, caller, edge };
    return context.text(await makeToken({ env, config, trace: traceOf(context) }, roomId, request));
  } catch (thrown) {
    // Licode's words where nobody at all could serve; where a pin is the reason, ours say so.
    const unpinned = pin.allow === undefined && pin.deny === undefined;
    if (thrown instanceof RizomaError && thrown.code === 'region_empty' && unpinned) {
      return context.text('No Erizo Controller found', 404);
    }
    throw thrown;
  }
}
