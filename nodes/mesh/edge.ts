import type { CallsOf, ParamsIn, ResultOf } from '../../protocol/contract.ts';
import type { NodeCard, NodeToEdge, RoomUser } from '../../protocol/contracts/node-edge.ts';
import type { DirectoryChange, Removal } from '../../protocol/directory.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';

/** What the edge gave at the last registration; kept while it is away. */
export interface EdgeKeys {
  /** Check the signature of Licode's tokens. Of all keys the current one is the first. */
  tokenKeys: readonly string[];
  /** Check certificates and grants. */
  ticketKeys: readonly TicketPublicKey[];
  /** Check the tickets of this node; the first signs the stamps of its clients. */
  ticketSecrets: readonly string[];
}

/** What the edge tells, with the id of the request because of which it does, and what becomes of the way to it. */
export interface EdgeListener {
  /** Registered, for the first time or again: what was pushed meanwhile was missed. */
  linked?(): void;
  away?(): void;
  /** The node has another certificate, or these are other keys that check all of them. */
  certified?(keys: readonly TicketPublicKey[], certificate: string): void;
  /** Who is in the mesh, and the peer ids of keys that were revoked. */
  members?(nodes: readonly NodeCard[], revoked: readonly string[]): void;
  /** Take no new clients and end when the last has left, or take them again. */
  drain?(drain: boolean): void;
  roomChanged?(roomId: string, change: DirectoryChange): void;
  /** Another grant of the room. */
  roomGranted?(roomId: string, grant: string): void;
  /** The edge does not count this node as a holder of the room any more. */
  roomDropped?(roomId: string, requestId?: string): void;
  roomDeleted?(roomId: string, requestId?: string): void;
  /** Who is in the room here. */
  users?(roomId: string): readonly RoomUser[];
  /** Disconnects those of that name who are in the room here, and answers how many they were. */
  deleteUser?(roomId: string, removal: Removal, requestId?: string): number;
  /** These clients are elsewhere too, where they came with tickets that were made then. */
  moved?(roomId: string, clients: readonly { clientId: string; enteredAt_ms: number }[]): void;
}

/** The edge as the roles of a node see it. */
export interface Edge {
  readonly linked: boolean;
  readonly keys: EdgeKeys | undefined;
  /** Rejects with `link_down` at once while the edge is away. */
  call<M extends CallsOf<NodeToEdge>>(
    method: M,
    params: ParamsIn<NodeToEdge, M>,
  ): Promise<ResultOf<NodeToEdge, M>>;
  /** The answer ends the listening. */
  listen(listener: EdgeListener): () => void;
}
