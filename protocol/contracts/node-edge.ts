import * as v from 'valibot';
import { CertificateText } from '../certificate.ts';
import type { Contract } from '../contract.ts';
import { RecordingEnd } from './external-media.ts';
import {
  Directory,
  DirectoryChange,
  Endpoint,
  Removal,
  RoomFacts,
  StreamFact,
} from '../directory.ts';
import { GrantText } from '../grant.ts';
import { EnrolmentText } from '../enrolment.ts';
import { Entry, EntryProof, EntryTime } from '../entry.ts';
import {
  ClientId,
  EpochId,
  Jurisdiction,
  NodeId,
  PeerId,
  RecordingId,
  RegionId,
  RequestId,
  RoomId,
  StreamId,
} from '../ids.ts';
import { limits } from '../limits.ts';
import { Place } from '../place.ts';
import { keysOf } from '../key-set.ts';
import { TicketPublicKey, TicketSecret } from '../ticket.ts';
import { Host, SignedToken } from '../token.ts';

/** What a node says of itself when it registers (Licode: `addNewErizoController`). */
export const NodeCard = v.strictObject({
  nodeId: NodeId,
  epoch: EpochId,
  region: RegionId,
  place: Place,
  /** Where its data stays by law; a pin on a jurisdiction takes only nodes that declare it. */
  jurisdiction: v.optional(Jurisdiction),
  /** Where clients reach its controller; absent on a node that runs none. */
  host: v.optional(Host),
  /** Whether clients must use TLS to reach it. */
  secure: v.boolean(),
  /** Where controllers of its region reach its agent; absent on a node that runs none. */
  agent: v.optional(Endpoint),
  /** Where controllers of all regions reach its controller; absent on a node that runs none. */
  controller: v.optional(Endpoint),
  /** Where its libp2p peer listens, by which other regions measure the way to it. */
  mesh: v.optional(Endpoint),
  version: v.pipe(v.string(), v.maxLength(64)),
  /** What the edge signed for it; there on every card that the edge hands on. */
  certificate: v.optional(CertificateText),
});

/** How busy a node is; Licode's three states are derived from it. */
export const NodeLoad = v.strictObject({
  rooms: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  clients: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** CPU of its ErizoJS processes, 0 to 1 of what the host has. */
  cpu: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  state: v.picklist(['available', 'warning', 'full']),
  /** It takes no new clients, and ends when those that it has are gone. */
  draining: v.optional(v.boolean()),
  /** Consumers of its ErizoJS processes; absent where they are not counted. */
  consumers: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  /**
   * Round trips in ms to other regions as the node measured them, rounded, since a load that
   * changed is written again.
   */
  rtts_ms: v.optional(
    v.pipe(
      v.record(RegionId, v.pipe(v.number(), v.minValue(0), v.maxValue(60_000))),
      v.maxEntries(limits.regions),
    ),
  ),
});

const text = v.pipe(v.string(), v.maxLength(limits.name_chars));

/** The request because of which the edge says it, for the log; there need be none. */
const requestId = v.optional(RequestId);

/** What a controller is given when it enters a room. */
export const RoomEntered = v.strictObject({
  ...Directory.entries,
  grant: GrantText,
  /** What is to be shown from now on, where the entry that was shown is of a key that has been changed. */
  entry: v.optional(Entry),
  /** Its clients send to each other directly. */
  p2p: v.optional(v.boolean()),
  /** Who was removed a moment ago and may have a ticket still. */
  removed: v.optional(v.pipe(v.array(Removal), v.maxLength(limits.removals))),
  /** Whoever joined by then counts as removed, since there were more than are named. */
  removedBefore_ms: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
});

/** Somebody who is in a room at a controller. */
export const RoomUser = v.strictObject({
  clientId: ClientId,
  name: text,
  role: text,
  /** When the edge made the ticket with which it came; of two controllers that have it the newer is right. */
  enteredAt_ms: v.optional(EntryTime),
});

/** Without the proof of an entry at that time the time counts as none, which wins over no other. */
const proof = v.optional(EntryProof);

const ProvableUser = v.strictObject({ ...RoomUser.entries, proof });

/** All that one controller knows of its part of a room, with what proves the times of its clients. */
export const ProvableFacts = v.strictObject({
  ...RoomFacts.entries,
  streams: v.pipe(
    v.array(v.strictObject({ ...StreamFact.entries, proof })),
    v.maxLength(limits.streamsPerRoom),
  ),
});

/** Clients that left for good: what lets them in again without a token is worth nothing any more. */
export const Leavings = v.strictObject({
  clients: v.pipe(
    /** With when the ticket was made with which it came. */
    v.array(Entry),
    v.maxLength(limits.leavings),
  ),
  /** Others left too, of whom the controller knows no more. */
  forgotten: v.boolean(),
});

const PresenceNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/**
 * Who came to a room at one controller, and who went, since it last told. The messages of a controller
 * are numbered, so that one that comes twice does nothing and one that is missing is noticed.
 */
export const Presence = v.strictObject({
  number: PresenceNumber,
  came: v.pipe(v.array(ProvableUser), v.maxLength(limits.presenceUsers)),
  went: v.pipe(v.array(ClientId), v.maxLength(limits.presenceUsers)),
  /** Of those who went, and of those who came and went in between, who will not come again. */
  left: v.optional(Leavings),
  /**
   * All who are here are told anew, in one message or more. With the last one those are gone who were
   * told before the `first` of them and not since.
   */
  whole: v.optional(v.strictObject({ first: PresenceNumber, last: v.boolean() })),
});

/** A recording has begun at a controller; with `end` it is over. */
export const RecordingNews = v.strictObject({
  id: RecordingId,
  streamId: StreamId,
  end: v.optional(RecordingEnd),
});

/** What a node may ask of the edge, and tell it. */
export const nodeToEdge = {
  /**
   * A lease for the node, once it has shown that it holds its key. `conflict` while the id is that of another key: for as
   * long as a certificate of it may be good, a day, unless the operator frees it.
   */
  'node.register': {
    params: v.strictObject({
      card: NodeCard,
      load: NodeLoad,
      enrolment: EnrolmentText,
      /** The node keeps its keys for this run alone: its id is anybody's once the lease has ended. */
      keysEnd: v.optional(v.literal(true)),
    }),
    result: v.strictObject({
      /** Check the signature of Licode's tokens. Of all keys the current one is the first. */
      tokenKeys: keysOf(v.pipe(v.string(), v.minLength(1), v.maxLength(256))),
      /** Check certificates and grants. */
      ticketKeys: keysOf(TicketPublicKey),
      /** Check the tickets of this node alone; the first signs the stamps of its clients. */
      ticketSecrets: keysOf(TicketSecret),
      /** Of this node. */
      certificate: CertificateText,
    }),
    errors: ['forbidden', 'conflict', 'certificate_revoked', 'quota_reached', 'rate_limited'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** Another certificate, before the one that the node has expires. */
  'node.renew': {
    params: v.strictObject({ enrolment: EnrolmentText }),
    result: CertificateText,
    errors: ['forbidden', 'conflict', 'certificate_revoked', 'rate_limited'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** Licode: `killMe`. The node ends: its lease does so at once. */
  'node.killMe': {
    params: v.strictObject({}),
    result: v.null(),
    errors: [],
    timeout_ms: 2_000,
    idempotent: true,
  },
  /** Licode: `keepAlive` and `setInfo` in one. `whoareyou` asks for `node.register`. */
  'node.keepAlive': {
    params: v.strictObject({ load: NodeLoad }),
    result: v.picklist(['ok', 'whoareyou']),
    errors: [],
    timeout_ms: 2_000,
    idempotent: true,
  },
  /**
   * Licode: `deleteToken`. Consumes one use of a token for this node's host; a pass is only checked. The edge chooses the
   * id of the client that comes by it.
   */
  'token.consume': {
    params: v.strictObject({ token: SignedToken }),
    result: v.strictObject({ roomId: RoomId, userName: text, role: text, entry: Entry }),
    errors: [
      ...(['token_forged', 'token_used', 'token_expired', 'token_revoked'] as const),
      ...(['token_wrong_host', 'pin_empty', 'not_found', 'quota_reached'] as const),
    ],
    timeout_ms: 5_000,
    idempotent: false,
  },
  /**
   * This controller holds the room, and these are its facts: what the edge had of it is replaced. The entry is that of
   * somebody whom the edge let in; where it is not proven, and the room is not held here yet, the answer is `forbidden`.
   * Answers the whole directory and the room's grant, and from then on what changes is pushed.
   */
  'room.enter': {
    params: v.strictObject({ roomId: RoomId, facts: ProvableFacts, entry: Entry }),
    result: RoomEntered,
    errors: ['not_found', 'overloaded', 'conflict', 'forbidden'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** All facts of this controller about the room anew, after a change. Answers the directory's change. */
  'room.facts': {
    params: v.strictObject({ roomId: RoomId, facts: ProvableFacts }),
    result: DirectoryChange,
    errors: ['not_found', 'overloaded', 'conflict'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /**
   * Who is in the room at this controller: after it entered the whole, then what changed. `again` asks
   * for the whole, where a message is missing.
   */
  'room.presence': {
    params: v.strictObject({ roomId: RoomId, presence: Presence }),
    result: v.picklist(['ok', 'again']),
    errors: ['not_found', 'overloaded', 'conflict'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** A recording has begun here, or is over: each once, in their order. What is known already does nothing. */
  'room.recording': {
    params: v.strictObject({ roomId: RoomId, recording: RecordingNews }),
    result: v.null(),
    errors: ['not_found', 'overloaded', 'conflict'],
    timeout_ms: 5_000,
    idempotent: true,
  },
  /** This controller holds the room no longer. */
  'room.leave': {
    params: v.strictObject({ roomId: RoomId, left: v.optional(Leavings) }),
    result: v.null(),
    errors: [],
    timeout_ms: 5_000,
    idempotent: true,
  },
} as const satisfies Contract;

/** What the edge tells a node. A node that missed something finds out by the version. */
export const edgeToNode = {
  /** All nodes with a lease, this one too, and the keys that were revoked in the last day; in one part or several. */
  'mesh.members': {
    params: v.strictObject({
      nodes: v.pipe(v.array(NodeCard), v.maxLength(limits.membersPerPart)),
      revoked: v.optional(v.pipe(v.array(PeerId), v.maxLength(limits.revokedKeys)), []),
      /** Another part follows at once; what came until the last one is the list. */
      more: v.optional(v.literal(true)),
    }),
    notify: true,
  },
  /** Take no new clients, and end when those that are there have gone; or take them again. */
  'node.drain': {
    params: v.strictObject({ drain: v.boolean(), requestId }),
    /** What the node says of itself now: one that its own host ends goes on draining. */
    result: NodeLoad,
    errors: [],
    timeout_ms: 2_000,
    idempotent: true,
  },
  'room.changed': {
    params: v.strictObject({ roomId: RoomId, change: DirectoryChange }),
    notify: true,
  },
  /** Another grant of the room: its pin has changed, or the one before is to expire. */
  'room.granted': {
    params: v.strictObject({ roomId: RoomId, grant: GrantText }),
    notify: true,
  },
  /**
   * This controller does not count as a holder of the room any more, as another pin keeps its node out. It hears no more of
   * it; where it holds the room still it enters again, and is told why it may not.
   */
  'room.dropped': {
    params: v.strictObject({ roomId: RoomId, requestId }),
    notify: true,
  },
  /** Licode: `deleteRoom`. Every client of the room is disconnected. */
  'room.deleted': {
    params: v.strictObject({ roomId: RoomId, requestId }),
    notify: true,
  },
  /**
   * These clients are at another controller too, with newer tickets. What this one has of them is to end,
   * once they had the time to leave by themselves.
   */
  'room.moved': {
    params: v.strictObject({
      roomId: RoomId,
      clients: v.pipe(
        v.array(v.strictObject({ clientId: ClientId, enteredAt_ms: EntryTime })),
        v.maxLength(limits.presenceUsers),
      ),
    }),
    notify: true,
  },
  /** Licode: `getUsersInRoom`. Those who are at this controller, in parts; none where it does not hold the room. */
  'room.users': {
    params: v.strictObject({ roomId: RoomId, requestId }),
    part: v.pipe(v.array(RoomUser), v.maxLength(limits.usersPerPart)),
    result: v.null(),
    errors: [],
    timeout_ms: limits.users_ms,
    idempotent: true,
  },
  /**
   * Licode: `deleteUser`. Disconnects those of that name who are at this controller; answers how many. Whoever
   * joined before that time is let in no more.
   */
  'room.deleteUser': {
    params: v.strictObject({ roomId: RoomId, ...Removal.entries, requestId }),
    result: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    errors: [],
    timeout_ms: limits.users_ms,
    idempotent: true,
  },
} as const satisfies Contract;

export type NodeCard = v.InferOutput<typeof NodeCard>;
export type NodeLoad = v.InferOutput<typeof NodeLoad>;
export type RoomEntered = v.InferOutput<typeof RoomEntered>;
export type RoomUser = v.InferOutput<typeof RoomUser>;
export type RecordingNews = v.InferOutput<typeof RecordingNews>;
export type ProvableFacts = v.InferOutput<typeof ProvableFacts>;
export type ProvableUser = v.InferOutput<typeof ProvableUser>;
export type Leavings = v.InferOutput<typeof Leavings>;
export type Presence = v.InferOutput<typeof Presence>;
export type NodeToEdge = typeof nodeToEdge;
export type EdgeToNode = typeof edgeToNode;
