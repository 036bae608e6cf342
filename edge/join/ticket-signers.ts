import { limits } from '../../protocol/limits.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import { ticketSecretOf } from '../../protocol/ticket.ts';
import type { Config } from '../config.ts';
import type { JoinEntrance } from '../objects/api.ts';

/** By configuration, and in it by node and key: to derive a secret costs as much as to sign with it. */
const secrets = new WeakMap<Config, Map<string, string>>();

/** What signs the tickets to a node: its own secret, or the key whose public half all nodes have. */
export async function ticketSignerOf(
  config: Config,
  { nodeId, peerId }: Pick<JoinEntrance, 'nodeId' | 'peerId'>,
): Promise<TicketPrivateKey | string> {
  return peerId === undefined ? config.ticketKey : await stampSecretOf(config, { nodeId, peerId });
}

/** What that node signs stamps with, which is what its tickets are signed with. */
export async function stampSecretOf(
  config: Config,
  { nodeId, peerId }: { nodeId: string; peerId: string },
): Promise<string> {
  const known = secrets.get(config) ?? new Map<string, string>();
  secrets.set(config, known);
  const name = `${nodeId} ${peerId}`;
  const secret = known.get(name) ?? (await ticketSecretOf(config.ticketKey, { nodeId, peerId }));
  known.set(name, secret);
  const [eldest] = known.keys();
  if (known.size > limits.members && eldest !== undefined) {
    known.delete(eldest);
  }
  return secret;
}
