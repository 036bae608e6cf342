import type { ParamsIn } from '../../protocol/contract.ts';
import type { EdgeToNode } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import type { Members, Notice } from './api.ts';

/** A notification as it goes to a node. */
export type Message =
  | Exclude<Notice, { method: 'mesh.members' }>
  | { readonly method: 'mesh.members'; readonly params: ParamsIn<EdgeToNode, 'mesh.members'> };

/** What a node is sent for one notice: the list of members in parts, as it grows with the mesh and each has to fit a frame. */
export function messagesOf(notice: Notice): Message[] {
  return notice.method === 'mesh.members' ? partsOf(notice.params) : [notice];
}

function partsOf({ nodes, revoked }: Members): Message[] {
  const count = Math.max(1, Math.ceil(nodes.length / limits.membersPerPart));
  return Array.from({ length: count }, (_, index) => {
    const first = index * limits.membersPerPart;
    const params = {
      nodes: nodes.slice(first, first + limits.membersPerPart),
      revoked: index === 0 ? revoked : [],
      ...(index === count - 1 ? {} : { more: true as const }),
    };
    return { method: 'mesh.members', params };
  });
}
