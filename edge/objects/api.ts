import type { Scope } from '../../protocol/scope.ts';
import type {
  NodeCard,
  NodeLoad,
  RecordingNews,
  RoomEntered,
  RoomUser,
} from '../../protocol/contracts/node-edge.ts';
import type { NodeAnswer } from '../../protocol/contracts/nodes.ts';
import type { ExplainAnswer, PlacementRuleName } from '../../protocol/contracts/placements.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type {
  DeadEventsAnswer,
  PutWebhookRequest,
  WebhookAnswer,
} from '../../protocol/contracts/webhooks.ts';
import type { Credentials } from '../../protocol/credentials.ts';
import type { DirectoryChange, Removal, RoomFacts } from '../../protocol/directory.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { Reentry } from '../../protocol/reentry.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import type { Trace } from '../log.ts';
import type { ProvenLeavings, ProvenPresence } from '../room/claims.ts';
import type { LeavingsState } from '../room/leavings.ts';
import type { Removals } from '../room/removals.ts';
import type { RoomChange } from '../room/settings.ts';
import type { HookSettings, LostEvent } from '../room/webhooks.ts';
import type { Asked } from './asked.ts';
import type { Outcome } from './outcome.ts';

export interface ServiceEntry {
  readonly id: string;
  readonly name: string;
}

/*
 * A `trace`, always the last parameter, says because of which request a call is made. It is for the log
 * alone, and absent where an alarm or a node calls.
 */

/** The list of services. */
export interface ServicesApi {
  /** Makes a service and answers its id. */
  create(service: { name: string; key: string }, trace?: Trace): Promise<Outcome<string>>;
  list(): Promise<Outcome<ServiceEntry[]>>;
  /** `not_found` where there is none, `forbidden` for the superservice. */
  delete(serviceId: string, trace?: Trace): Promise<Outcome<null>>;
}

export interface RoomRequest {
  readonly serviceId: string;
  /** The room without its id. */
  readonly room: Omit<RoomAnswer, '_id'>;
  readonly getOrCreate: boolean;
  /** Where its participants will be; its object is made there. */
  readonly near: Place | undefined;
}

export interface KeyChange {
  readonly key: string;
  /** For how long the key before is taken still. */
  readonly previous_s: number;
}

/** A service with its key and the first of its rooms. */
export interface WholeService extends ServiceEntry {
  readonly key: string;
  readonly first: RoomsPage;
}

/** Some rooms of a service; the next ones follow after `next`, if there are any. */
export interface RoomsPage {
  readonly rooms: RoomAnswer[];
  readonly next: number | undefined;
}

/** Who signed a request: the service, and the user whom it names where it names one. */
export interface Signer {
  readonly serviceId: string;
  readonly userName: string | undefined;
  readonly role: string | undefined;
  /** What its JWT says of who asks, and of the key: the claim `sub`, and `kid` of the header. */
  readonly subject: string | undefined;
  readonly keyId: string | undefined;
  /** What the request is limited to; undefined where it may be anything. */
  readonly scope: readonly Scope[] | undefined;
}

export interface AuthRequest {
  readonly credentials: Credentials;
  /** A room that the request is about. */
  readonly roomId?: string;
  readonly trace?: Trace;
}

export interface Authentic {
  readonly signer: Signer;
  /** Whether the room that the request is about is one of the service. */
  readonly roomIsOurs: boolean;
  /** That room as JSON; undefined where it may be changing just now, and its own object has to be asked. */
  readonly room: string | undefined;
}

/** One service: its key, the requests it signed lately, the index of its rooms. */
export interface ServiceApi {
  /** Gives a new service its name and key. */
  found(service: ServiceEntry & { key: string }): Promise<Outcome<null>>;
  /** Checks a signed request: `unauthorized` unless it is right and came for the first time; `rate_limited`. */
  authenticate(request: Asked<AuthRequest>): Promise<Outcome<Authentic>>;
  /** It signs with another key; `not_found` where there is none. */
  changeKey(change: KeyChange, trace?: Trace): Promise<Outcome<null>>;
  /** Its name and key, and the first of its rooms; `not_found` where there is none. */
  about(): Promise<Outcome<WholeService>>;
  /** Its rooms, the oldest first, a page at a time; the first one is after 0. */
  rooms(request: { after: number }): Promise<Outcome<RoomsPage>>;
  /**
   * A new room, or with `getOrCreate` the oldest one of that name, which is made if it was left
   * half-made. A test room is the service's only one, whatever its name. `conflict` where the one that
   * there is was made in another jurisdiction.
   */
  makeRoom(request: RoomRequest, trace?: Trace): Promise<Outcome<RoomAnswer>>;
  changeRoom(
    request: { roomId: string; change: RoomChange },
    trace?: Trace,
  ): Promise<Outcome<null>>;
  deleteRoom(roomId: string, trace?: Trace): Promise<Outcome<null>>;
  putWebhook(webhook: PutWebhookRequest): Promise<Outcome<WebhookAnswer>>;
  /** `not_found` where there is none. */
  webhook(): Promise<Outcome<WebhookAnswer>>;
  removeWebhook(): Promise<Outcome<null>>;
  /** What its rooms are to tell it; null where that is of the version they know. */
  hook(request: { known: number | undefined }): Promise<Outcome<HookSettings | null>>;
  /** Keeps events that one of its rooms has given up, and counts those that the room did not keep. */
  bury(dead: { lost: LostEvent[]; forgotten: number }): Promise<Outcome<null>>;
  /** Events that could not be delivered, the oldest first, a page at a time; the first one is after 0. */
  deadEvents(request: { after: number }): Promise<Outcome<DeadEventsAnswer>>;
  /** Has one of them tried again. `not_found` where there is none of that id. */
  retryDead(request: { serviceId: string; id: string }): Promise<Outcome<null>>;
  /** Nobody signs for the service any more, and its rooms are deleted soon. `forbidden` for the superservice. */
  remove(serviceId: string, trace?: Trace): Promise<Outcome<null>>;
}

export interface TokenRequest {
  readonly userName: string;
  readonly role: string;
  readonly pin: RegionPin;
  /** Where the app says that the participant is. */
  readonly location: Place | undefined;
  /** Where the request came from. */
  readonly caller: Place | undefined;
  readonly ttl_s: number;
  /** 0 for a pass. */
  readonly uses: number;
}

export interface IssuedToken {
  readonly tokenId: string;
  readonly host: string;
  readonly secure: boolean;
  /** Of the room, for passes. */
  readonly epoch: number;
}

/** What a room says to those who let in its participants without it. */
export interface RoomPicture {
  /** Passes of earlier epochs are revoked. */
  readonly epoch: number;
  /** Ids of the nodes that hold it, in the order in which they entered. */
  readonly holders: string[];
  /** Its own pin. */
  readonly pin: RegionPin;
  /** Who was removed from it, and may not come in again. */
  readonly removals: Removals;
  /** It has all participants that it may have. */
  readonly isFull: boolean;
  /** Who left it for good. */
  readonly leavings: LeavingsState;
}

export interface JoinEntrance {
  readonly nodeId: string;
  readonly region: string;
  readonly host: string;
  readonly secure: boolean;
  /** Of its key, from which the secret of its tickets follows. */
  readonly peerId: string;
}

/** What a participant was let in by, and is when it has to come in again. */
export type Terms = Pick<Reentry, 'pin' | 'place' | 'epoch'>;

export interface Admission {
  readonly userName: string;
  readonly role: string;
  readonly terms: Terms;
  /** Best first. */
  readonly entrances: readonly JoinEntrance[];
  /** The rule that placed it, and in words why those before it did not. */
  readonly rule: PlacementRuleName;
  readonly passedOver: string;
}

/** Which lease of which node speaks. */
export interface Speaker {
  readonly nodeId: string;
  readonly lease: number;
}

/** News of a recording, with the controller that has them. */
export interface RecordingTold extends Speaker {
  readonly region: string;
  readonly recording: RecordingNews;
}

/** What the controllers of a room answered, and which of them did not. */
export interface Gathered<T> {
  readonly answers: T[];
  readonly missing: string[];
}

/** Somebody who comes with a token, from a place where that is known. */
export interface AdmitRequest {
  readonly tokenId: string;
  readonly place: Place | undefined;
  readonly trace?: Trace;
}

export interface RoomApi {
  /** Makes the room of that service; where it is there already it stays as it is and is answered. */
  create(request: { serviceId: string; room: RoomAnswer }): Promise<Outcome<RoomAnswer>>;
  get(): Promise<Outcome<RoomAnswer>>;
  /** Answers the room as it is then. */
  change(change: RoomChange, trace?: Trace): Promise<Outcome<RoomAnswer>>;
  /** Ends the room at once: its tokens are worth nothing, and its controllers are told. Idempotent. */
  delete(roomId: string, trace?: Trace): Promise<Outcome<null>>;
  issueToken(request: TokenRequest, trace?: Trace): Promise<Outcome<IssuedToken>>;
  /** Every token of the room, and every pass some seconds later, is worth nothing any more. */
  revokeTokens(trace?: Trace): Promise<Outcome<null>>;
  picture(): Promise<Outcome<RoomPicture>>;
  /** Places the participant and, only if that worked, takes one use of its token. */
  admit(request: Asked<AdmitRequest>): Promise<Outcome<Admission>>;
  /** Where a participant would be placed now, and why; nothing follows from it. */
  explain(request: { pin: RegionPin; place: Place | undefined }): Promise<Outcome<ExplainAnswer>>;
  /** Takes one use of a token at a controller that Licode's client came to, and that stands there. */
  consumeToken(request: {
    tokenId: string;
    host: string;
    at: Whereabouts;
  }): Promise<Outcome<{ roomId: string; userName: string; role: string }>>;
  /** Who is in it, of each controller. */
  users(trace?: Trace): Promise<Outcome<Gathered<RoomUser[]>>>;
  /** Disconnects those of that name, who need another token from now on; how many they were, of each controller. */
  deleteUser(name: string, trace?: Trace): Promise<Outcome<Gathered<number>>>;
  /** Of a node that stands there. Rejects with `forbidden` where the pin of the room does not allow it. */
  enter(holder: Speaker & { at: Whereabouts; facts: RoomFacts }): Promise<Outcome<RoomEntered>>;
  facts(news: Speaker & { facts: RoomFacts }): Promise<Outcome<DirectoryChange>>;
  /** A recording has begun at that controller, or is over; what is known already does nothing. */
  recording(news: RecordingTold): Promise<Outcome<null>>;
  /** Who came to that controller and who went. `again` asks it for all who are there. */
  presence(
    news: Speaker & { region: string; presence: ProvenPresence },
  ): Promise<Outcome<'ok' | 'again'>>;
  /** `left`: who left for good and was not told with its presence. */
  leave(speaker: Speaker & { left?: ProvenLeavings }): Promise<Outcome<null>>;
  /** The node has lost this lease: what it said of the room under it holds no longer. */
  nodeLost(speaker: Speaker): Promise<Outcome<null>>;
  /** Has an event tried again that was given up, whatever became of the room. `overloaded` where too many wait. */
  resend(request: { serviceId: string; lost: LostEvent }): Promise<Outcome<null>>;
}

/** Who is in the mesh. */
export interface Members {
  nodes: NodeCard[];
  /** Peer ids of keys that were revoked while a certificate of theirs may still be good. */
  revoked: string[];
}

/** A client that another controller has under a newer ticket, and when that was made. */
export interface MovedClient {
  readonly clientId: string;
  readonly enteredAt_ms: number;
}

/** What a room tells the controllers that hold it. */
export type RoomNotice =
  | {
      readonly method: 'room.changed';
      readonly params: { roomId: string; change: DirectoryChange };
    }
  | { readonly method: 'room.granted'; readonly params: { roomId: string; grant: string } }
  | { readonly method: 'room.dropped'; readonly params: { roomId: string; requestId?: string } };

/** What the edge tells a node; the rows of `edgeToNode`. */
export type Notice =
  | RoomNotice
  | { readonly method: 'mesh.members'; readonly params: Members }
  | { readonly method: 'room.moved'; readonly params: { roomId: string; clients: MovedClient[] } }
  | { readonly method: 'room.deleted'; readonly params: { roomId: string; requestId?: string } };

export interface NodeApi {
  /** Who is in the room at its controller. `link_down` or `timeout` where it cannot be asked. */
  users(roomId: string, trace?: Trace): Promise<Outcome<RoomUser[]>>;
  /** Disconnects those of that name in the room at its controller; answers how many. Throws as `users`. */
  deleteUser(user: { roomId: string } & Removal, trace?: Trace): Promise<Outcome<number>>;
  /** Whether its link stands, and how long it has been silent. */
  about(): Promise<Outcome<{ linked: boolean; silence_ms: number }>>;
  /**
   * It takes no new clients from now on, or takes them again; Mesh knows when this resolves. Throws as
   * `users`, and `conflict` where its own host ends it.
   */
  drain(drain: boolean, trace?: Trace): Promise<Outcome<null>>;
  /** Its lease and its link end, and its key is taken nowhere any more. `not_found` where there was no node. */
  revoke(trace?: Trace): Promise<Outcome<null>>;
  /** Sends it over the node's link; false where the node has none now. It asks anew when it is back. */
  push(notice: Notice): Promise<boolean>;
}

export interface MeshApi {
  /** A node with a new lease or a new card; answers all members, it among them. */
  join(node: { card: NodeCard; load: NodeLoad; lease: number }): Promise<Outcome<Members>>;
  /** Another certificate on the card of that lease; `conflict` where the mesh does not have it. */
  renew(node: { card: NodeCard; lease: number }): Promise<Outcome<null>>;
  /** `certificate_revoked` where the key was revoked, whichever node it was of. */
  admits(key: { nodeId: string; peerId: string }): Promise<Outcome<null>>;
  /** The key is worth nothing from now on, and all members are told. Idempotent. */
  revoke(key: { nodeId: string; peerId: string }): Promise<Outcome<null>>;
  /** All nodes that have a lease. */
  nodes(): Promise<Outcome<NodeAnswer[]>>;
  /** False where the mesh does not have this lease: join again. */
  load(node: Speaker & { load: NodeLoad }): Promise<Outcome<boolean>>;
  leave(speaker: Speaker): Promise<Outcome<null>>;
  snapshot(): Promise<Outcome<MeshPicture>>;
}
