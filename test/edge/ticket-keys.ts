import { env } from 'cloudflare:workers';
import { peerIdOf } from '../../protocol/peer-id.ts';
import type { TicketCheckKeys } from '../../protocol/ticket.ts';
import { parseTicketKey, publicTicketKey, ticketSecretOf } from '../../protocol/ticket.ts';
import { keyOf } from './support.ts';

/** What that node checks its tickets with once it has registered. */
export async function ticketKeysOf(nodeId: string): Promise<Required<TicketCheckKeys>> {
  const key = parseTicketKey(env.RIZOMA_TICKET_KEY);
  const peerId = peerIdOf(await keyOf(nodeId));
  const ticketSecret = await ticketSecretOf(key, { nodeId, peerId });
  return { ticketKey: publicTicketKey(key), ticketSecret };
}
