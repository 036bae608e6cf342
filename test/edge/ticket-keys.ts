import { env } from 'cloudflare:workers';
import { peerIdOf } from '../../protocol/peer-id.ts';
import { parseTicketKey, ticketSecretOf } from '../../protocol/ticket.ts';
import { keyOf } from './support.ts';

/** What that node checks its tickets with, and signs stamps with, once it has registered. */
export async function ticketSecretFor(
  nodeId: string,
  key = env.RIZOMA_TICKET_KEY,
): Promise<string> {
  const peerId = peerIdOf(await keyOf(nodeId));
  return await ticketSecretOf(parseTicketKey(key), { nodeId, peerId });
}
