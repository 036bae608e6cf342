import { JoinRequest } from '../../protocol/contracts/rest.ts';
import { newUuid, roomOfToken } from '../../protocol/ids.ts';
import { signReentry } from '../../protocol/reentry.ts';
import type { SignedToken } from '../../protocol/token.ts';
import { checkTokenSignature, decodeSigned } from '../../protocol/token.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { jsonAnswer } from '../answer-headers.ts';
import { bodyOf } from '../body.ts';
import { reentryKeysOf, tokenKeysOf } from '../config.ts';
import type { Admission } from '../objects/api.ts';
import { asked } from '../objects/asked.ts';
import { roomOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';
import { placeOfRequest } from '../origin.ts';
import { joinAnswer } from './entrances.ts';
import { passHoldersOf } from './pass-holders.ts';

/** A token is used up at its room; a pass needs nobody but this isolate. */
async function admit(context: EdgeContext, { tokenId, pass }: SignedToken): Promise<Admission> {
  const { env } = context;
  const place = placeOfRequest(context);
  return pass === undefined
    ? await valueOf(
        roomOf(env, roomOfToken(tokenId)).admit(asked({ tokenId, place, trace: traceOf(context) })),
      )
    : await passHoldersOf(env).admit({ tokenId, pass, place });
}

/**
 * `POST /join`: a token for tickets, one for each controller that the client may enter at. The pin that
 * counts is the one that the room keeps with the token: what the client holds of it is not signed.
 */
export async function postJoin(context: EdgeContext): Promise<Response> {
  const token = decodeSigned((await bodyOf(context, JoinRequest)).token);
  const config = context.get('config');
  await checkTokenSignature((await tokenKeysOf(config)).all, token);
  const roomId = roomOfToken(token.tokenId);
  const joinedAt_ms = Date.now();
  const admission = await admit(context, token);
  const { userName, role, terms } = admission;
  const who = { clientId: newUuid(), roomId, userName, role, ...terms, joinedAt_ms };
  const reentry = await signReentry((await reentryKeysOf(config)).current, who);
  const made = { admission, reentry, issuedAt_ms: joinedAt_ms };
  const answer = await joinAnswer(context, who, made);
  return jsonAnswer(context, JSON.stringify(answer));
}
