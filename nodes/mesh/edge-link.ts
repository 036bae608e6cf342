import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { CallsOf, Handlers, ParamsIn, ResultOf } from '../../protocol/contract.ts';
import type {
  EdgeToNode,
  NodeCard,
  NodeLoad,
  NodeToEdge,
  RoomUser,
} from '../../protocol/contracts/node-edge.ts';
import { edgeToNode, nodeToEdge } from '../../protocol/contracts/node-edge.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { LinkEnd } from '../../protocol/link.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import { dialWebSocket } from '../link/websocket-link.ts';
import type { Log } from '../log.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import type { Edge, EdgeKeys, EdgeListener } from './edge.ts';
import type { Identity } from './identity.ts';
import { MemberList } from './member-list.ts';

export interface EdgeLinkComponents {
  clock: Clock;
  log: Log;
  card: NodeCard;
  /** How busy the node is now; asked at each keep-alive. */
  load: () => NodeLoad;
  identity: Pick<Identity, 'enrolment' | 'keysEnd'>;
  /** From 0 to 1, for the jitter. */
  random?: () => number;
}

export interface EdgeLinkOptions {
  /** The edge: `https://edge.example.org`. */
  url: string;
  enrolSecret: string;
  /** Where the node carries media. */
  mediaIp: string;
  /** For measurements of the calls to the edge. */
  onCall?: OnCall | undefined;
}

type Peer = RpcPeer<NodeToEdge, EdgeToNode>;

type State =
  /** Waits before it dials again. */
  | { is: 'waiting'; stopTimer: Cancel }
  /** Dialled, and not registered yet. */
  | { is: 'registering'; peer: Peer }
  | { is: 'linked'; peer: Peer; stopTimer: Cancel; asking: boolean }
  | { is: 'closed' };

/** The first wait after a link ended: a flap costs no more than this. */
const redialMin_ms = 250;
/** The longest wait: an edge that returns has all its nodes again within it. */
const redialMax_ms = 5_000;

/**
 * The way to the edge: one WebSocket that this node dials, and dials again for as long as it lives.
 * What the roles hold stays as it is while the edge is away; calls then reject at once.
 */
export class EdgeLink implements Edge {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #card: NodeCard;
  readonly #load: () => NodeLoad;
  readonly #random: () => number;
  readonly #identity: EdgeLinkComponents['identity'];
  readonly #options: EdgeLinkOptions;
  readonly #keeper: CertificateKeeper;
  readonly #listeners = new Set<EdgeListener>();
  #state: State = { is: 'waiting', stopTimer: () => undefined };
  #keys: EdgeKeys | undefined;
  /** Dials since a keep-alive was last answered. */
  #attempts = 0;
  /** Dials in a row that came to nothing. */
  #failures = 0;
  #leaving = false;

  constructor(components: EdgeLinkComponents, options: EdgeLinkOptions) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#card = components.card;
    this.#load = components.load;
    this.#random = components.random ?? Math.random;
    this.#identity = components.identity;
    this.#options = options;
    const { clock, log, card } = components;
    this.#keeper = new CertificateKeeper(
      {
        clock,
        log,
        random: this.#random,
        changed: (keys, text) => this.#tell((listener) => listener.certified?.(keys, text)),
        renew: async () => this.call('node.renew', { enrolment: await this.#enrolment() }),
      },
      { nodeId: card.nodeId, region: card.region, jurisdiction: card.jurisdiction },
    );
  }

  /** Dials, and does not wait for the answer. */
  static create(components: EdgeLinkComponents, options: EdgeLinkOptions): EdgeLink {
    const edge = new EdgeLink(components, options);
    edge.#dial();
    return edge;
  }

  get linked(): boolean {
    return this.#state.is === 'linked';
  }

  get keys(): EdgeKeys | undefined {
    return this.#keys;
  }

  /** What to look at, where the edge has not taken this node for several tries; undefined else. */
  get trouble(): string | undefined {
    return this.#failures < failuresBeforeError ? undefined : advice;
  }

  /** When the node's certificate expires; undefined before there is one. */
  get certifiedUntil(): Date | undefined {
    const expires_s = this.#keeper.certificate?.expires_s;
    return expires_s === undefined ? undefined : new Date(expires_s * 1000);
  }

  async call<M extends CallsOf<NodeToEdge>>(
    method: M,
    params: ParamsIn<NodeToEdge, M>,
  ): Promise<ResultOf<NodeToEdge, M>> {
    if (this.#state.is !== 'linked') {
      throw new RizomaError('link_down', `the edge is away, ${method} was not sent`);
    }
    return this.#state.peer.call(method, params);
  }

  /** Tells the edge how busy the node is now, rather than when the next keep-alive is due. */
  report(): void {
    void this.#keepAlive();
  }

  /** Tells the edge that this node ends, so that nobody is sent here any more; for 2 s at the most. */
  async goodbye(): Promise<void> {
    if (this.#state.is !== 'linked') {
      return;
    }
    this.#leaving = true;
    try {
      await this.#state.peer.call('node.killMe', {});
      this.#log.info('said goodbye to the edge');
    } catch (thrown) {
      // The edge finds out by the lease.
      this.#log.warn({ code: toRizomaError(thrown).code }, 'the edge did not hear the goodbye');
    }
  }

  listen(listener: EdgeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    const before = this.#state;
    this.#state = { is: 'closed' };
    switch (before.is) {
      case 'waiting':
        before.stopTimer();
        break;
      case 'registering':
        before.peer.close();
        break;
      case 'linked':
        before.stopTimer();
        before.peer.close();
        break;
      case 'closed':
        return;
      default:
        assertNever(before);
    }
    this.#keeper.close();
    this.#listeners.clear();
    this.#log.info('edge link closed');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #dial(): void {
    const link = dialWebSocket(
      { clock: this.#clock },
      {
        url: linkUrl(this.#options.url, this.#card.nodeId),
        headers: { authorization: `Bearer ${this.#options.enrolSecret}` },
        name: 'edge',
      },
    );
    const peer: Peer = RpcPeer.create(
      {
        link,
        clock: this.#clock,
        handlers: this.#handlers(),
      },
      {
        outgoing: nodeToEdge,
        incoming: edgeToNode,
        onFault: (fault, method) => this.#log.warn({ err: fault, method }, 'edge link fault'),
        onEnd: (why) => this.#onEnd(why),
        onCall: this.#options.onCall,
      },
    );
    this.#state = { is: 'registering', peer };
    void this.#register(peer);
  }

  #handlers(): Handlers<EdgeToNode> {
    const list = new MemberList();
    return {
      'mesh.members': (part) => {
        const members = list.add(part);
        if (members !== undefined) {
          this.#tell((listener) => listener.members?.(members.nodes, members.revoked));
        }
      },
      'node.drain': ({ drain, requestId }) => {
        this.#log.info({ drain, requestId }, 'the edge says whether this node drains');
        this.#tell((listener) => listener.drain?.(drain));
        return Promise.resolve(this.#load());
      },
      'room.changed': ({ roomId, change }) =>
        this.#tell((listener) => listener.roomChanged?.(roomId, change)),
      'room.granted': ({ roomId, grant }) =>
        this.#tell((listener) => listener.roomGranted?.(roomId, grant)),
      'room.dropped': ({ roomId, requestId }) => {
        this.#log.info({ roomId, requestId }, 'this node may not hold the room any more');
        this.#tell((listener) => listener.roomDropped?.(roomId, requestId));
      },
      'room.deleted': ({ roomId, requestId }) =>
        this.#tell((listener) => listener.roomDeleted?.(roomId, requestId)),
      'room.users': async ({ roomId, requestId }, { part }) => {
        this.#log.debug({ roomId, requestId }, 'the edge asks for the users of a room');
        for (const users of this.#usersInParts(roomId)) {
          part(users);
        }
        return Promise.resolve(null);
      },
      'room.moved': ({ roomId, clients }) =>
        this.#tell((listener) => listener.moved?.(roomId, clients)),
      'room.deleteUser': ({ roomId, requestId, ...removal }) => {
        const counts = this.#ask((listener) => listener.deleteUser?.(roomId, removal, requestId));
        return Promise.resolve(counts.reduce((sum, count) => sum + count, 0));
      },
    };
  }

  #enrolment(): Promise<string> {
    const { nodeId, epoch } = this.#card;
    const { mediaIp } = this.#options;
    return this.#identity.enrolment({ nodeId, epoch, mediaIp }, this.#clock.date());
  }

  async #register(peer: Peer): Promise<void> {
    try {
      const enrolment = await this.#enrolment();
      const card = this.#card;
      const answer = await peer.call('node.register', {
        ...{ card, load: this.#load(), enrolment },
        ...(this.#identity.keysEnd ? { keysEnd: true } : {}),
      });
      const { certificate, ...keys } = answer;
      if (this.#peer === peer) {
        this.#keys = keys;
        void this.#keeper.hold(keys.ticketKeys, certificate);
        this.#onRegistered(peer);
      }
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      if (code !== 'link_down' && this.#peer === peer) {
        this.#log.error({ code }, `the edge did not register this node: ${message}`);
        peer.close();
      }
    }
  }

  #onRegistered(peer: Peer): void {
    if (this.#state.is !== 'linked') {
      const stopTimer = this.#clock.every(limits.keepAlive_ms, () => void this.#keepAlive());
      this.#state = { is: 'linked', peer, stopTimer, asking: false };
    }
    this.#log.info('edge linked');
    this.#tell((listener) => listener.linked?.());
  }

  /** One at a time: an edge that answers slowly is not asked faster than it answers. */
  async #keepAlive(): Promise<void> {
    const state = this.#state;
    if (state.is !== 'linked' || state.asking || this.#leaving) {
      return;
    }
    state.asking = true;
    try {
      const answer = await state.peer.call('node.keepAlive', { load: this.#load() });
      // Not sooner: an edge that takes a node and loses it at once is not dialled without a pause.
      this.#attempts = 0;
      this.#failures = 0;
      if (answer === 'whoareyou' && !this.#leaving) {
        await this.#register(state.peer);
      }
    } catch (thrown) {
      // The socket may live while the object behind it does not: a new one reaches a new object.
      const { code } = toRizomaError(thrown);
      if (code !== 'link_down') {
        this.#log.warn({ code }, 'the edge does not answer keep-alives');
        state.peer.close();
      }
    } finally {
      state.asking = false;
    }
  }

  get #peer(): Peer | undefined {
    const state = this.#state;
    return state.is === 'linked' || state.is === 'registering' ? state.peer : undefined;
  }

  #onEnd(why: LinkEnd): void {
    const before = this.#state;
    if (before.is === 'closed' || before.is === 'waiting') {
      return;
    }
    const delay_ms = this.#nextDelay_ms();
    const stopTimer = this.#clock.after(delay_ms, () => this.#dial());
    this.#state = { is: 'waiting', stopTimer };
    if (before.is === 'linked') {
      before.stopTimer();
      this.#log.info({ why, delay_ms }, 'edge away');
      this.#tell((listener) => listener.away?.());
      return;
    }
    this.#failures += 1;
    if (this.#failures === failuresBeforeError) {
      this.#log.error({ why, url: this.#options.url, failures: this.#failures }, advice);
    }
  }

  /** Doubles up to the longest; half of it is chance, so that nodes do not return all at once. */
  #nextDelay_ms(): number {
    const bound_ms = Math.min(redialMax_ms, redialMin_ms * 2 ** Math.min(this.#attempts, 16));
    this.#attempts += 1;
    return Math.round(bound_ms * (0.5 + 0.5 * this.#random()));
  }

  *#usersInParts(roomId: string): Generator<RoomUser[]> {
    const users = this.#ask((listener) => listener.users?.(roomId)).flat();
    for (let from = 0; from < users.length; from += limits.usersPerPart) {
      yield users.slice(from, from + limits.usersPerPart);
    }
  }

  /** What the listeners answer that have one. */
  #ask<T>(what: (listener: EdgeListener) => T | undefined): T[] {
    return [...this.#listeners].map(what).filter((answer) => answer !== undefined);
  }

  #tell(what: (listener: EdgeListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        what(listener);
      } catch (thrown) {
        this.#log.error({ err: thrown }, 'a listener to the edge failed');
      }
    }
  }
}

/** Licode gives up after as many; an edge that starts beside this node is there by then. */
const failuresBeforeError = 5;
/** The WebSocket does not tell a refusal from an absence, so all that it may be is named. */
const advice =
  'the edge cannot be reached, or refuses this node: see RIZOMA_EDGE_URL, RIZOMA_ENROL_SECRET and the clock; it is tried again without end';

function linkUrl(edgeUrl: string, nodeId: string): string {
  const url = new URL(edgeUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = `${url.pathname.replace(/\/$/, '')}/nodes/${nodeId}/link`;
  return url.href;
}
