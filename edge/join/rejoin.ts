import { RejoinRequest } from '../../protocol/contracts/rest.ts';
import { checkReentry } from '../../protocol/reentry.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { reentryKeysOf } from '../config.ts';
import { placeOfRequest } from '../origin.ts';
import { joinAnswer } from './entrances.ts';
import { lastPresenceOf } from './last-presence.ts';
import { passHoldersOf } from './pass-holders.ts';

/**
 * `POST /rejoin`: other tickets for a participant that lost its controller. The room is not asked for each
 * of them, since a region that is lost sends all that it had at once: a picture of the room says who was
 * removed, who has left, and whether its tokens were revoked. Whom a picture of some seconds ago does not know as
 * removed yet, the controllers of the room know.
 */
export async function postRejoin(context: EdgeContext): Promise<Response> {
  const { reentry: text, stamp } = await bodyOf(context, RejoinRequest);
  const config = context.get('config');
  const now_ms = Date.now();
  const reentry = await checkReentry((await reentryKeysOf(config)).all, text, now_ms);
  const last = await lastPresenceOf(config, reentry, { stamp, now_ms });
  const place = placeOfRequest(context);
  const admission = await passHoldersOf(context.env).readmit({ reentry, last, place });
  const made = { admission, reentry: text, issuedAt_ms: now_ms };
  return context.json(await joinAnswer(context, reentry, made));
}
