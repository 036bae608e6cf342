import { JoinRequest } from '../../protocol/contracts/rest.ts';
import type { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid, roomOfToken } from '../../protocol/ids.ts';
import { signTicket } from '../../protocol/ticket.ts';
import type { Token } from '../../protocol/token.ts';
import { checkTokenSignature, decodeToken } from '../../protocol/token.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import { tokenKeyOf } from '../config.ts';
import type { Admission } from '../objects/api.ts';
import { roomOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';
import { placeOfRequest } from '../origin.ts';
import { passHoldersOf } from './pass-holders.ts';

/** A token is used up at its room; a pass needs nobody but this isolate. */
async function admit(context: EdgeContext, { tokenId, pass }: Token): Promise<Admission> {
  const { env } = context;
  const place = placeOfRequest(context);
  const trace = traceOf(context);
  return pass === undefined
    ? await valueOf(roomOf(env, roomOfToken(tokenId)).admit({ tokenId, place }, trace))
    : await passHoldersOf(env).admit({ tokenId, pass, place }, trace);
}

/**
 * `POST /join`: a token for tickets, one for each controller that the client may enter at. The pin that
 * counts is the one that the room keeps with the token: what the client holds of it is not signed.
 */
export async function postJoin(context: EdgeContext): Promise<Response> {
  const token = decodeToken((await bodyOf(context, JoinRequest)).token);
  const config = context.get('config');
  await checkTokenSignature(await tokenKeyOf(config), token);
  const roomId = roomOfToken(token.tokenId);
  const { userName, role, entrances } = await admit(context, token);
  const clientId = newUuid();
  const now_ms = Date.now();
  const controllers = entrances.map(async ({ nodeId, region, host, secure }) => {
    const who = { clientId, roomId, userName, role, ...traceOf(context) };
    const claims = { ...who, nodeId, region, jti: newUuid() };
    return { host, secure, region, ticket: await signTicket(config.ticketKey, claims, now_ms) };
  });
  const answer: JoinAnswer = { clientId, roomId, controllers: await Promise.all(controllers) };
  return context.json(answer);
}
