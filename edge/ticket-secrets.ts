import type { KeySet } from '../protocol/key-set.ts';
import { keySetOf } from '../protocol/key-set.ts';
import { limits } from '../protocol/limits.ts';
import { ticketSecretOf } from '../protocol/ticket.ts';
import type { Config } from './config.ts';

/** By configuration, and in it by node and key: to derive a secret costs as much as to sign with it. */
const known = new WeakMap<Config, Map<string, KeySet<string>>>();

/** The secrets that the edge shares with a node: they sign the tickets to it, and the stamps of its clients. */
export async function ticketSecretsOf(
  config: Config,
  node: { nodeId: string; peerId: string },
): Promise<KeySet<string>> {
  const secrets = known.get(config) ?? new Map<string, KeySet<string>>();
  known.set(config, secrets);
  const name = `${node.nodeId} ${node.peerId}`;
  const made = secrets.get(name) ?? (await derive(config, node));
  secrets.set(name, made);
  const [eldest] = secrets.keys();
  if (secrets.size > limits.members && eldest !== undefined) {
    secrets.delete(eldest);
  }
  return made;
}

async function derive(
  { ticketKeys: { all } }: Config,
  { nodeId, peerId }: { nodeId: string; peerId: string },
): Promise<KeySet<string>> {
  const secrets = all.map((key) => ticketSecretOf(key, { nodeId, peerId }));
  const [current = '', second] = await Promise.all(secrets);
  return keySetOf(current, second);
}
