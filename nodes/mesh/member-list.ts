import type { ParamsOf } from '../../protocol/contract.ts';
import type { EdgeToNode, NodeCard } from '../../protocol/contracts/node-edge.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';

interface Listed {
  readonly nodes: NodeCard[];
  readonly revoked: string[];
}

/** The list of members as it comes over one link, in parts that follow each other. */
export class MemberList {
  #before: Listed = { nodes: [], revoked: [] };

  /** The whole list, where this part is its last. Throws `too_large`, and begins anew, where it does not end. */
  add({ nodes, revoked, more }: ParamsOf<EdgeToNode, 'mesh.members'>): Listed | undefined {
    const list = {
      nodes: [...this.#before.nodes, ...nodes],
      revoked: [...this.#before.revoked, ...revoked],
    };
    const isTooLong =
      list.nodes.length > limits.members || list.revoked.length > limits.revokedKeys;
    this.#before = more === true && !isTooLong ? list : { nodes: [], revoked: [] };
    if (isTooLong) {
      throw new RizomaError('too_large', `a list of members has up to ${limits.members} nodes`);
    }
    return more === true ? undefined : list;
  }
}
