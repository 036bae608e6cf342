import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { Directory, DirectoryChange, RoomFacts } from '../../protocol/directory.ts';
import type { MAuth } from '../../protocol/mauth.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { MeshSnapshot } from '../placement/snapshot.ts';
import type { Outcome } from './outcome.ts';

export interface ServiceEntry {
  readonly id: string;
  readonly name: string;
}

/** The list of services. */
export interface ServicesApi {
  /** Makes a service and answers its id. */
  create(service: { name: string; key: string }): Promise<Outcome<string>>;
  list(): Promise<Outcome<ServiceEntry[]>>;
}

/** One service: its key, the requests it signed lately, the index of its rooms. */
export interface ServiceApi {
  /** Gives a new service its name and key. */
  found(service: ServiceEntry & { key: string }): Promise<Outcome<null>>;
  /** Checks a signed request: `unauthorized` unless it is right and came for the first time. */
  authenticate(request: {
    mauth: MAuth;
    /** A room that the request is about. */
    roomId?: string;
  }): Promise<Outcome<{ roomIsOurs: boolean }>>;
  /** The id of a room of this name: a new one, or with `getOrCreate` the one there is. */
  indexRoom(room: {
    serviceId: string;
    name: string;
    getOrCreate: boolean;
  }): Promise<Outcome<string>>;
}

export interface TokenRequest {
  readonly userName: string;
  readonly role: string;
  readonly pin: RegionPin;
  /** Where the app says that the participant is. */
  readonly location: Place | undefined;
  /** Where the request came from. */
  readonly caller: Place | undefined;
}

export interface JoinEntrance {
  readonly nodeId: string;
  readonly region: string;
  readonly host: string;
  readonly secure: boolean;
}

export interface Admission {
  readonly userName: string;
  readonly role: string;
  /** Best first. */
  readonly entrances: readonly JoinEntrance[];
}

/** Which lease of which node speaks. */
export interface Speaker {
  readonly nodeId: string;
  readonly lease: number;
}

export interface RoomApi {
  /** Makes the room; where it is there already it stays as it is and is answered. */
  create(room: RoomAnswer): Promise<Outcome<RoomAnswer>>;
  issueToken(
    request: TokenRequest,
  ): Promise<Outcome<{ tokenId: string; host: string; secure: boolean }>>;
  /** Places the participant and, only if that worked, takes the one use of its token. */
  admit(request: { tokenId: string; place: Place | undefined }): Promise<Outcome<Admission>>;
  /** Takes the one use of a token at a controller that Licode's client came to. */
  consumeToken(request: {
    tokenId: string;
    host: string;
  }): Promise<Outcome<{ roomId: string; userName: string; role: string }>>;
  enter(holder: Speaker & { region: string; facts: RoomFacts }): Promise<Outcome<Directory>>;
  facts(news: Speaker & { facts: RoomFacts }): Promise<Outcome<DirectoryChange>>;
  leave(speaker: Speaker): Promise<Outcome<null>>;
  /** The node has lost this lease: what it said of the room under it holds no longer. */
  nodeLost(speaker: Speaker): Promise<Outcome<null>>;
}

/** What the edge tells a node; the rows of `edgeToNode`. */
export type Notice =
  | { readonly method: 'mesh.members'; readonly params: { nodes: NodeCard[] } }
  | {
      readonly method: 'room.changed';
      readonly params: { roomId: string; change: DirectoryChange };
    };

export interface NodeApi {
  /** Sends it over the node's link; false where the node has none now. It asks anew when it is back. */
  push(notice: Notice): Promise<boolean>;
}

export interface MeshApi {
  /** A node with a new lease or a new card; answers all members, it among them. */
  join(node: { card: NodeCard; load: NodeLoad; lease: number }): Promise<Outcome<NodeCard[]>>;
  /** False where the mesh does not have this lease: join again. */
  load(node: Speaker & { load: NodeLoad }): Promise<Outcome<boolean>>;
  leave(speaker: Speaker): Promise<Outcome<null>>;
  snapshot(): Promise<Outcome<MeshSnapshot>>;
}
