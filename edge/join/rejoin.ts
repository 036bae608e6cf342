import { RejoinRequest } from '../../protocol/contracts/rest.ts';
import { checkReentry } from '../../protocol/reentry.ts';
import { traceOf } from '../access-log.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { reentryKeyOf } from '../config.ts';
import { placeOfRequest } from '../origin.ts';
import { joinAnswer } from './entrances.ts';
import { passHoldersOf } from './pass-holders.ts';

/**
 * `POST /rejoin`: other tickets for a participant that lost its controller. The room is not asked for each
 * of them, since a region that is lost sends all that it had at once: a picture of the room says who was
 * removed and whether its tokens were revoked. Whom a picture of some seconds ago does not know as removed
 * yet, the controllers of the room know.
 */
export async function postRejoin(context: EdgeContext): Promise<Response> {
  const { reentry: text } = await bodyOf(context, RejoinRequest);
  const key = await reentryKeyOf(context.get('config'));
  const reentry = await checkReentry(key, text, Date.now());
  const { entrances } = await passHoldersOf(context.env).readmit(
    { reentry, place: placeOfRequest(context) },
    traceOf(context),
  );
  return context.json(await joinAnswer(context, reentry, { entrances, reentry: text }));
}
