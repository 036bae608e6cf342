import type { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { Reentry } from '../../protocol/reentry.ts';
import { signTicket } from '../../protocol/ticket.ts';
import { traceOf } from '../access-log.ts';
import type { EdgeContext } from '../app.ts';
import type { Admission } from '../objects/api.ts';

/** The tickets of one participant, one for each controller where it was placed, best first. */
export async function joinAnswer(
  context: EdgeContext,
  { clientId, roomId, userName, role, joinedAt_ms }: Reentry,
  { entrances, reentry }: { entrances: Admission['entrances']; reentry: string },
): Promise<JoinAnswer> {
  const { ticketKey } = context.get('config');
  const now_ms = Date.now();
  const times = { joinedAt_ms, issuedAt_ms: now_ms };
  const controllers = entrances.map(async ({ nodeId, region, host, secure }) => {
    const who = { clientId, roomId, userName, role, ...times, ...traceOf(context) };
    const claims = { ...who, nodeId, region, jti: newUuid() };
    return { host, secure, region, ticket: await signTicket(ticketKey, claims, now_ms) };
  });
  return { clientId, roomId, controllers: await Promise.all(controllers), reentry };
}
