import { newCurveKeyPair } from '../../../../nodes/link/zmq-curve.ts';
import { signCertificate } from '../../../../protocol/certificate.ts';
import type { Trust } from '../../../../protocol/contracts/controller-agent.ts';
import type { Grant } from '../../../../protocol/grant.ts';
import { signGrant } from '../../../../protocol/grant.ts';
import { newHexId, newUuid } from '../../../../protocol/ids.ts';
import type { TicketPrivateKey } from '../../../../protocol/ticket.ts';
import { publicTicketKey } from '../../../../protocol/ticket.ts';
import { newTicketKey } from '../../../fakes/fake-edge.ts';

/** The room of all tests of ErizoJS processes. */
export const roomId = newHexId();
/** Whose it is. */
export const serviceId = newHexId();

/** The key of the edge of these tests. */
const edgeKey = await newTicketKey();

/** A grant of the room, for all regions unless said otherwise. */
export function grantOf(
  grant: Partial<Grant> = {},
  { key = edgeKey, now_ms = Date.now() }: { key?: TicketPrivateKey; now_ms?: number } = {},
): Promise<string> {
  return signGrant(key, { roomId, serviceId, epoch: 0, ...grant }, now_ms);
}

/** What the agent of a node tells its processes. */
export async function trustOf(node: { nodeId: string; region: string }): Promise<Trust> {
  const keys = { peerId: `12D3KooW${'A'.repeat(44)}`, curveKey: newCurveKeyPair().publicKey };
  const held = { ...node, ...keys, mediaIp: '127.0.0.1', jti: newUuid() };
  const certificate = await signCertificate(edgeKey, held, Date.now());
  return { keys: [publicTicketKey(edgeKey)], certificate };
}
