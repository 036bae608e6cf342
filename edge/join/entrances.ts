import type { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { proofOf } from '../../protocol/entry.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { Reentry } from '../../protocol/reentry.ts';
import { signTicket } from '../../protocol/ticket.ts';
import { traceOf } from '../access-log.ts';
import type { EdgeContext } from '../app.ts';
import { entryKeysOf } from '../config.ts';
import type { Admission } from '../objects/api.ts';
import { ticketSecretsOf } from '../ticket-secrets.ts';

/**
 * The tickets of one participant, one for each controller where it was placed, best first. Why there, the
 * line of the request says: a line more would cost as much as the tickets.
 */
export async function joinAnswer(
  context: EdgeContext,
  { clientId, roomId, userName, role, joinedAt_ms }: Reentry,
  answer: { admission: Admission; reentry: string; issuedAt_ms: number },
): Promise<JoinAnswer> {
  const config = context.get('config');
  const { reentry, issuedAt_ms } = answer;
  const { entrances, rule, passedOver } = answer.admission;
  context.set('happened', { roomId, region: entrances[0]?.region, rule, passedOver });
  const now_ms = Date.now();
  const { requestId } = traceOf(context);
  const { current: entryKey } = await entryKeysOf(config);
  const visitor = { clientId, roomId, userName, role, joinedAt_ms, requestId };
  const controllers = entrances.map(async ({ nodeId, region, host, secure, peerId }, index) => {
    // Of those that are tried in turn the one that takes the client has the newest ticket, and not one that refused it.
    const enteredAt_ms = issuedAt_ms + index;
    const proof = await proofOf(entryKey, { roomId, peerId }, { clientId, enteredAt_ms });
    const ticket = { ...visitor, issuedAt_ms: enteredAt_ms, nodeId, region, proof, jti: newUuid() };
    const { current } = await ticketSecretsOf(config, { nodeId, peerId });
    return { host, secure, region, ticket: await signTicket(current, ticket, now_ms) };
  });
  return { clientId, roomId, controllers: await Promise.all(controllers), reentry };
}
