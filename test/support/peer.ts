import { pino } from 'pino';
import { Identity } from '../../nodes/mesh/identity.ts';
import { Peer } from '../../nodes/mesh/peer.ts';

export interface TestPeer {
  peer: Peer;
  identity: Identity;
  /** The peer ids that it takes for those of members. */
  members: Set<string>;
}

/** A peer with a key of its own. */
export async function newPeer(ip = '127.0.0.1'): Promise<TestPeer> {
  const log = pino({ level: 'silent' });
  const identity = await Identity.create({ log }, { stateDir: undefined });
  const members = new Set<string>();
  const admits = (id: string): boolean => members.has(id);
  const peer = await Peer.create({ log, key: identity.keys.mesh, admits }, { ip });
  return { peer, identity, members };
}
