import type { Edge, EdgeKeys, EdgeListener } from '../../nodes/mesh/edge.ts';
import type { CallsOf, ParamsIn, ParamsOf, ResultOf } from '../../protocol/contract.ts';
import type {
  Leavings,
  NodeToEdge,
  RoomEntered,
  RoomUser,
  ProvableFacts,
} from '../../protocol/contracts/node-edge.ts';
import { nodeToEdge } from '../../protocol/contracts/node-edge.ts';
import type { Directory, DirectoryChange, RegionRoute } from '../../protocol/directory.ts';
import type { RoomFacts } from '../../protocol/directory.ts';
import { applyChange, emptyDirectory } from '../../protocol/directory.ts';
import type { Claim } from '../../protocol/entry.ts';
import { Entry, proofOf } from '../../protocol/entry.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { signGrant } from '../../protocol/grant.ts';
import { newHexId, newTokenId, newUuid } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import { publicTicketKey, signTicket } from '../../protocol/ticket.ts';
import type { SignedToken } from '../../protocol/token.ts';
import { signToken } from '../../protocol/token.ts';

interface Visitor {
  roomId: string;
  userName: string;
  role: string;
}

const tokenKey = 'the key of the tokens of a test';
const entryKey = 'the key of the entries of a test';
const nameOf = (roomId: string, entry: Entry): string => `${roomId} ${JSON.stringify(entry)}`;
/** Whose all its rooms are. */
const serviceId = newHexId();
/** Of whichever node it is that this edge is for. */
const ticketSecret = '5ec7e7'.repeat(10).padEnd(64, '0');

/** The edge with its Room objects in memory: it numbers facts, answers and pushes as they do. */
export class FakeEdge implements Edge {
  linked = true;
  /** Its rooms are such that clients send to each other directly. */
  p2p = false;
  /** The next calls fail with these codes. */
  readonly failNext: ErrorCode[] = [];
  keys: EdgeKeys | undefined;
  /** Every call that arrived, in order. */
  readonly calls: { method: string; params: unknown }[] = [];
  readonly #ticketKey: TicketPrivateKey;
  readonly #grants = new Map<string, Promise<string>>();
  readonly #self: { nodeId: string; region: string };
  readonly #listeners = new Set<EdgeListener>();
  readonly #rooms = new Map<string, Directory>();
  /** What was told of who is in each room. */
  readonly #present = new Map<string, { number: number; people: Map<string, number> }>();
  /** Who left for good, by room and client id, with when their tickets were made. */
  readonly #left = new Map<string, Map<string, number>>();
  /** Those that it proved, each with its room. */
  readonly #entries = new Set<string>();
  readonly #tokens = new Map<string, Visitor | 'used' | 'expired'>();
  #gate: Promise<void> = Promise.resolve();

  constructor(options: { ticketKey: TicketPrivateKey; self: { nodeId: string; region: string } }) {
    this.#ticketKey = options.ticketKey;
    this.#self = options.self;
    this.keys = {
      tokenKeys: [tokenKey],
      ticketKeys: [publicTicketKey(options.ticketKey)],
      ticketSecrets: [ticketSecret],
    };
  }

  /** Several that are to be one edge, each for a node, have one key. */
  static async create(
    self: { nodeId: string; region: string },
    key?: TicketPrivateKey,
  ): Promise<FakeEdge> {
    return new FakeEdge({ ticketKey: key ?? (await newTicketKey()), self });
  }

  addRoom(roomId: string): void {
    this.#rooms.set(roomId, emptyDirectory);
  }

  directory(roomId: string): Directory {
    return this.#rooms.get(roomId) ?? emptyDirectory;
  }

  /** Client ids of those in the room, as they were told to us. */
  present(roomId: string): string[] {
    return [...(this.#present.get(roomId)?.people.keys() ?? [])];
  }

  /** Client ids of those who left the room for good, as they were told to us. */
  left(roomId: string): string[] {
    return [...(this.#left.get(roomId)?.keys() ?? [])];
  }

  /** What was told of the room is lost, though nobody hears of it. */
  forgetPresence(roomId: string): void {
    this.#present.delete(roomId);
  }

  /** How often a method was called. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  /** That it lets a client into a room. */
  async entry(roomId: string, claim: Partial<Claim> = {}): Promise<Entry> {
    const all = { clientId: newUuid(), enteredAt_ms: Date.now(), ...claim };
    const entry = {
      ...all,
      proof: await proofOf(entryKey, { roomId, peerId: this.#self.nodeId }, all),
    };
    this.#entries.add(nameOf(roomId, parse(Entry, entry, 'entry')));
    return entry;
  }

  async ticket(
    visitor: Visitor & { clientId: string },
    changes: {
      nodeId?: string;
      now_ms?: number;
      /** What signs it; else the secret of this edge's node does. */
      key?: string;
      joinedAt_ms?: number;
      issuedAt_ms?: number;
    } = {},
  ): Promise<string> {
    const { nodeId, region } = this.#self;
    const { roomId, clientId } = visitor;
    const enteredAt_ms = changes.issuedAt_ms ?? Date.now();
    const { proof } = await this.entry(roomId, { clientId, enteredAt_ms });
    return await signTicket(
      changes.key ?? ticketSecret,
      {
        ...visitor,
        nodeId: changes.nodeId ?? nodeId,
        region,
        joinedAt_ms: changes.joinedAt_ms ?? Date.now(),
        issuedAt_ms: enteredAt_ms,
        proof,
        jti: crypto.randomUUID(),
        requestId: crypto.randomUUID(),
      },
      changes.now_ms ?? Date.now(),
    );
  }

  async token(host: string, visitor: Visitor | 'expired', roomId: string): Promise<SignedToken> {
    const tokenId = newTokenId(roomId);
    this.#tokens.set(tokenId, visitor);
    return { tokenId, host, secure: false, signature: await signToken(tokenKey, tokenId, host) };
  }

  listen(listener: EdgeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  goAway(): void {
    this.linked = false;
    for (const listener of this.#listeners) {
      listener.away?.();
    }
  }

  comeBack(): void {
    this.linked = true;
    for (const listener of this.#listeners) {
      listener.linked?.();
    }
  }

  /** Answers wait from now until the answer is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  /** Another node tells its facts of a room; without `push` its message is lost on the way to us. */
  otherNode(
    roomId: string,
    node: { nodeId: string; region: string },
    facts: RoomFacts,
    options: { push: boolean } = { push: true },
  ): void {
    const change = this.#put(roomId, node, facts);
    for (const listener of options.push && this.linked ? this.#listeners : []) {
      listener.roomChanged?.(roomId, change);
    }
  }

  /** The Room object has made other trees. */
  reroute(roomId: string, routes: RegionRoute[]): void {
    const before = this.directory(roomId);
    const none = { put: [], removed: [] };
    const { version } = before;
    const change = { from: version, version: version + 1, erizos: none, streams: none, routes };
    this.#rooms.set(roomId, applyChange(before, change) ?? before);
    for (const listener of this.#listeners) {
      listener.roomChanged?.(roomId, change);
    }
  }

  deleteRoom(roomId: string): void {
    this.#rooms.delete(roomId);
    for (const listener of this.#listeners) {
      listener.roomDeleted?.(roomId);
    }
  }

  /** Another pin of the room keeps this node out. */
  dropRoom(roomId: string): void {
    this.forgetRoom(roomId);
    this.failNext.push('forbidden');
    for (const listener of this.#listeners) {
      listener.roomDropped?.(roomId);
    }
  }

  /** Who the listeners say are in the room. */
  users(roomId: string): RoomUser[] {
    return [...this.#listeners].flatMap((listener) => [...(listener.users?.(roomId) ?? [])]);
  }

  deleteUser(roomId: string, name: string): number {
    const counts = [...this.#listeners].map(
      (to) => to.deleteUser?.(roomId, { name, at_ms: Date.now() }) ?? 0,
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** As if the room had been deleted while nobody could be told. */
  forgetRoom(roomId: string): void {
    this.#rooms.delete(roomId);
  }

  async call<M extends CallsOf<NodeToEdge>>(
    method: M,
    params: ParamsIn<NodeToEdge, M>,
  ): Promise<ResultOf<NodeToEdge, M>> {
    if (!this.linked) {
      throw new RizomaError('link_down', 'the edge is away');
    }
    const row = nodeToEdge[method];
    const given = parse(row.params, structuredClone(params), method);
    this.calls.push({ method, params: given });
    const failure = this.failNext.shift();
    if (failure !== undefined) {
      throw new RizomaError(failure, 'as the test wants it');
    }
    const answer = await this.#answer(method, given);
    await this.#gate;
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.linked) {
      throw new RizomaError('link_down', 'the edge went away');
    }
    return parse(row.result, answer, method) as ResultOf<NodeToEdge, M>;
  }

  async #answer(method: CallsOf<NodeToEdge>, params: unknown): Promise<unknown> {
    switch (method) {
      case 'token.consume':
        return await this.#consume(params as ParamsOf<NodeToEdge, 'token.consume'>);
      case 'room.enter': {
        const { roomId, facts, entry } = params as ParamsOf<NodeToEdge, 'room.enter'>;
        if (!this.#entries.has(nameOf(roomId, entry))) {
          throw new RizomaError('forbidden', 'nobody was sent to this node in that room');
        }
        this.#put(roomId, this.#self, facts);
        return await this.#entered(roomId);
      }
      case 'room.facts': {
        const { roomId, facts } = params as ParamsOf<NodeToEdge, 'room.facts'>;
        return this.#put(roomId, this.#self, facts);
      }
      case 'room.presence':
        return this.#tellPresence(params as ParamsOf<NodeToEdge, 'room.presence'>);
      case 'room.recording': {
        const { roomId } = params as ParamsOf<NodeToEdge, 'room.recording'>;
        if (!this.#rooms.has(roomId)) {
          throw new RizomaError('not_found', 'there is no such room');
        }
        return null;
      }
      case 'room.leave': {
        const { roomId, left } = params as ParamsOf<NodeToEdge, 'room.leave'>;
        this.#takeLeft(roomId, left);
        this.#present.delete(roomId);
        if (this.#rooms.has(roomId)) {
          this.#put(roomId, this.#self, { erizos: [], streams: [] });
        }
        return null;
      }
      default:
        throw new RizomaError('unknown_method', `${method} is not played here`);
    }
  }

  #tellPresence({ roomId, presence }: ParamsOf<NodeToEdge, 'room.presence'>): 'ok' | 'again' {
    if (!this.#rooms.has(roomId)) {
      throw new RizomaError('not_found', 'there is no such room');
    }
    const { number, came, went, whole } = presence;
    const known = this.#present.get(roomId);
    const last = known?.number ?? 0;
    if (number <= last) {
      return 'ok';
    }
    if (number !== last + 1 && whole?.first !== number) {
      return 'again';
    }
    const people = new Map(known?.people);
    for (const { clientId } of came) {
      people.set(clientId, number);
    }
    for (const clientId of went) {
      people.delete(clientId);
    }
    const since = whole?.last === true ? whole.first : 0;
    for (const [clientId] of [...people].filter(([, told]) => told < since)) {
      people.delete(clientId);
    }
    this.#present.set(roomId, { number, people });
    this.#takeLeft(roomId, presence.left);
    return 'ok';
  }

  #takeLeft(roomId: string, left: Leavings | undefined): void {
    const known = this.#left.get(roomId) ?? new Map<string, number>();
    for (const { clientId, enteredAt_ms } of left?.clients ?? []) {
      known.set(clientId, enteredAt_ms);
    }
    this.#left.set(roomId, known);
  }

  async #entered(roomId: string): Promise<RoomEntered> {
    const directory = this.directory(roomId);
    const grant = await (this.#grants.get(roomId) ?? this.#sign(roomId));
    return { ...directory, grant, ...(this.p2p ? { p2p: true } : {}) };
  }

  #sign(roomId: string): Promise<string> {
    const grant = signGrant(this.#ticketKey, { roomId, serviceId, epoch: 0 }, Date.now());
    this.#grants.set(roomId, grant);
    return grant;
  }

  async #consume({
    token,
  }: ParamsOf<NodeToEdge, 'token.consume'>): Promise<ResultOf<NodeToEdge, 'token.consume'>> {
    const kept = this.#tokens.get(token.tokenId);
    if (kept === undefined || kept === 'used') {
      throw new RizomaError('token_used', 'the token was used');
    }
    if (kept === 'expired') {
      throw new RizomaError('token_expired', 'the token has expired');
    }
    this.#tokens.set(token.tokenId, 'used');
    return { ...kept, entry: await this.entry(kept.roomId) };
  }

  #put(
    roomId: string,
    node: { nodeId: string; region: string },
    facts: ProvableFacts,
  ): DirectoryChange {
    const before = this.#rooms.get(roomId);
    if (before === undefined) {
      throw new RizomaError('not_found', 'there is no such room');
    }
    const { nodeId, region } = node;
    const version = before.version + 1;
    const mine = <T extends { nodeId: string }>(row: T): boolean => row.nodeId === nodeId;
    const since = (known: { since: number } | undefined): number => known?.since ?? version;
    const erizos = facts.erizos.map((fact) => {
      const known = before.erizos.find((row) => mine(row) && row.erizoId === fact.erizoId);
      return { ...fact, nodeId, region, since: since(known) };
    });
    const streams = facts.streams.map(({ proof: _, ...fact }) => {
      const known = before.streams.find((row) => mine(row) && row.streamId === fact.streamId);
      return { ...fact, nodeId, region, since: since(known) };
    });
    const recordings = (facts.recordings ?? []).map((fact) => ({ ...fact, nodeId }));
    const over = (before.recordings ?? []).filter(mine).map(({ recordingId }) => recordingId);
    const gone = before.erizos.filter(mine).map(({ erizoId }) => erizoId);
    const ended = before.streams.filter(mine).map(({ streamId }) => streamId);
    const change: DirectoryChange = {
      from: before.version,
      version,
      holders: { put: [nodeId], removed: [] },
      erizos: { put: erizos, removed: gone.filter((id) => !erizos.some((e) => e.erizoId === id)) },
      streams: {
        put: streams,
        removed: ended.filter((id) => !streams.some((s) => s.streamId === id)),
      },
      recordings: {
        put: recordings,
        removed: over.filter((id) => !recordings.some((r) => r.recordingId === id)),
      },
    };
    this.#rooms.set(roomId, applyChange(before, change) ?? before);
    return change;
  }
}

/** A new Ed25519 key as a JWK. */
export async function newTicketKey(): Promise<TicketPrivateKey> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) {
    throw new Error('no key pair');
  }
  const { x = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
  return { kty: 'OKP', crv: 'Ed25519', x, d };
}
