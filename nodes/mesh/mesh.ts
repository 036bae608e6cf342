import type { Certificate } from '../../protocol/certificate.ts';
import { checkCertificate } from '../../protocol/certificate.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';
import type { Keyring } from '../link/keyring.ts';
import type { Log } from '../log.ts';
import type { Believed } from './card-check.ts';
import { cardCheck } from './card-check.ts';
import { cardReader } from './card-reader.ts';
import type { Edge } from './edge.ts';
import { Gossip } from './gossip.ts';
import { gossipDefaults } from './gossip-defaults.ts';
import { hereIn } from './gossip-state.ts';
import type { Identity } from './identity.ts';
import { MemberKeys } from './member-keys.ts';
import type { Members } from './members.ts';
import { MeshMembers } from './mesh-members.ts';
import { OwnCard } from './own-card.ts';
import type { PeerAddress } from './peer.ts';
import { Peer } from './peer.ts';
import { Prober } from './prober.ts';
import { Memory } from './remembered.ts';
import { StaticMembers } from './static-members.ts';
import type { Way } from './way.ts';

export interface MeshComponents {
  clock: Clock;
  log: Log;
  identity: Identity;
  /** Follows the members. */
  keyring: Keyring;
  /** Something of what others say was refused. */
  refused: (code: ErrorCode) => void;
}

export interface MeshOptions {
  ip: string;
  stateDir: string | undefined;
}

/** What a node has once it is a part of the mesh. */
interface Joined {
  card: NodeCard;
  gossip: Gossip;
  own: OwnCard;
  members: MeshMembers;
  prober: Prober;
}

/** What is known of the edge and of this node: by the edge, or else by an earlier run. */
interface Standing {
  ticketKeys: readonly TicketPublicKey[];
  certificate: Certificate & { text: string };
}

/** The node's part in the mesh: who the others are, and how far away. */
export class Mesh {
  readonly #parts: MeshComponents;
  readonly #keys: MemberKeys;
  readonly #memory: Memory;
  readonly #peer: Peer;
  readonly #own = new AsyncDisposableStack();
  /** As the edge said last. */
  #revoked: ReadonlySet<string>;
  /** Cards that were believed, of whoever it was; whom to look for. */
  readonly #known = new Map<string, NodeCard>();
  #standing: Standing | undefined;
  #joined: Joined | undefined;

  private constructor(
    components: MeshComponents,
    made: { keys: MemberKeys; memory: Memory; peer: Peer },
  ) {
    this.#parts = components;
    this.#keys = made.keys;
    this.#memory = made.memory;
    this.#peer = made.peer;
    this.#revoked = new Set(made.memory.found?.revoked);
  }

  /** Listens; who dials is admitted once it is known for a member. */
  static async create(components: MeshComponents, options: MeshOptions): Promise<Mesh> {
    const { clock, log, identity, keyring } = components;
    const keys = new MemberKeys({ clock });
    const memory = await Memory.create({ clock, log }, options);
    const admits = (peerId: string): boolean => keys.hasPeer(peerId);
    const peer = await Peer.create(
      { log: log.child({ part: 'peer' }), key: identity.keys.mesh, admits },
      options,
    );
    const mesh = new Mesh(components, { keys, memory, peer });
    mesh.#own.use(memory);
    mesh.#own.use(peer);
    mesh.#own.defer(keyring.onChange(() => void peer.expel()));
    await peer.serve((peerId, link) => {
      if (mesh.#joined === undefined) {
        link.close();
      } else {
        mesh.#joined.gossip.accept(peerId, link);
      }
    });
    return mesh;
  }

  /** Where the node's peer listens, for its card. */
  get endpoint(): string {
    return this.#peer.endpoint;
  }

  get ways(): ReadonlyMap<string, Way> {
    return this.#joined?.prober.ways ?? new Map();
  }

  /** Round trips to other regions in ms; undefined where none is known. */
  get rtts_ms(): Record<string, number> | undefined {
    return this.#joined?.prober.rtts_ms;
  }

  /** Nodes that are heard in the mesh, and those that this one is linked with. */
  get counts(): { heard: number; neighbours: number } {
    const state = this.#joined?.gossip.state;
    return state === undefined
      ? { heard: 0, neighbours: 0 }
      : { heard: hereIn(state).length, neighbours: state.links.size };
  }

  /**
   * Takes part under this card from now on. `trust` is told of each certificate that this node has, and of
   * the keys that check those of others. Answers the members.
   */
  join(components: {
    card: NodeCard;
    edge: Edge;
    load: () => NodeLoad;
    trust: (keys: readonly TicketPublicKey[], certificate: string) => void;
  }): Members {
    const { edge, trust } = components;
    const joined = this.#make(components);
    this.#joined = joined;
    this.#own.defer(
      edge.listen({
        certified: (keys, text) => {
          trust(keys, text);
          void this.#stand(keys, text);
        },
        members: (_nodes, revoked) => {
          this.#revoked = new Set(revoked);
        },
        linked: () => joined.members.look(),
        away: () => joined.members.look(),
      }),
    );
    void this.#recall(trust);
    return joined.members;
  }

  /** Tells the mesh that this node ends. */
  async goodbye(): Promise<void> {
    await this.#joined?.own.goodbye();
  }

  async close(): Promise<void> {
    await this.#own.disposeAsync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #make({ card, edge, load }: { card: NodeCard; edge: Edge; load: () => NodeLoad }): Joined {
    const { clock, log, identity } = this.#parts;
    const ticketKeys = (): readonly TicketPublicKey[] | undefined =>
      edge.keys?.ticketKeys ?? this.#standing?.ticketKeys;
    const onBelieved = (believed: readonly Believed[]): void => this.#believe(believed);
    const check = cardCheck({ clock, log, edge });
    const listed = this.#own.use(StaticMembers.create({ log, card, edge, check, onBelieved }));
    const own = new OwnCard({
      ...{ clock, card, load, key: identity.keys.mesh },
      certificate: () => this.#standing?.certificate,
      said: (said) => this.#joined?.gossip.own(said),
    });
    this.#own.defer(() => own.close());
    this.#own.defer(clock.every(gossipDefaults.refresh_ms, () => own.repeat()));
    this.#own.defer(clock.every(gossipDefaults.load_ms, () => own.look()));
    const gossip = this.#own.use(this.#gossip(card, own, ticketKeys));
    // Before whoever listens to the members: a node that is known is called at once.
    gossip.onChange(() => this.#believe(hereIn(gossip.state)));
    const members = this.#own.use(MeshMembers.create({ log, card, listed, gossip, edge }));
    const prober = this.#own.use(this.#probe(card, members));
    return { card, gossip, own, members, prober };
  }

  #gossip(
    card: NodeCard,
    own: OwnCard,
    ticketKeys: () => readonly TicketPublicKey[] | undefined,
  ): Gossip {
    const { clock, log, refused } = this.#parts;
    const isRevoked = (peerId: string): boolean => this.#revoked.has(peerId);
    return Gossip.create(
      {
        ...{ clock, refused, random: Math.random },
        log: log.child({ part: 'gossip' }),
        transport: this.#peer,
        read: cardReader({ clock, ticketKeys, isRevoked }),
        nodeOf: (peerId) => this.#keys.nodeOf(peerId),
        addressOf: (nodeId) => this.#addressOf(this.#known.get(nodeId)),
        perhaps: () => [...this.#known.keys()],
        speak: (after_ms) => own.speak(after_ms),
      },
      { nodeId: card.nodeId },
    );
  }

  #probe(card: NodeCard, members: Members): Prober {
    const { clock, log } = this.#parts;
    const ping = async (node: NodeCard): Promise<number> => {
      const address = this.#addressOf(node);
      if (address === undefined) {
        throw new RizomaError('not_found', `${node.nodeId} is no member any more`);
      }
      const rtt_ms = await this.#peer.ping(address);
      this.#joined?.gossip.expect(node.nodeId);
      return rtt_ms;
    };
    return Prober.create({ clock, log: log.child({ part: 'prober' }), members, ping }, card);
  }

  #addressOf(card: NodeCard | undefined): PeerAddress | undefined {
    const peerId = card === undefined ? undefined : this.#keys.peerIdOf(card.nodeId);
    const endpoint = card?.mesh;
    return peerId === undefined || endpoint === undefined ? undefined : { peerId, endpoint };
  }

  /** Their keys are good from now on; whom the edge revoked, and what has expired, is dropped. */
  #believe(believed: readonly Believed[]): void {
    const certificates = believed.map(({ certificate }) => certificate);
    this.#parts.keyring.replace(this.#keys.take(certificates, this.#revoked));
    this.#lookFor(believed);
    this.#memory.keep(() => this.#toRemember());
  }

  #lookFor(believed: readonly Believed[]): void {
    for (const { card } of believed) {
      if (this.#known.get(card.nodeId)?.epoch !== card.epoch) {
        this.#joined?.gossip.expect(card.nodeId);
      }
      this.#known.set(card.nodeId, card);
    }
    for (const nodeId of this.#known.keys()) {
      if (this.#keys.peerIdOf(nodeId) === undefined) {
        this.#known.delete(nodeId);
      }
    }
  }

  /** The node has a certificate, and speaks under it. */
  async #stand(ticketKeys: readonly TicketPublicKey[], text: string): Promise<void> {
    const { clock, identity, log } = this.#parts;
    const { nodeId, region, jurisdiction } = this.#joined?.card ?? {};
    try {
      if (nodeId === undefined || region === undefined) {
        return;
      }
      const expected = { nodeId, region, jurisdiction, now_ms: clock.date() };
      const certificate = await checkCertificate(ticketKeys, text, expected);
      if (certificate.peerId !== identity.peerId) {
        throw new RizomaError('certificate_forged', 'the certificate is for another key');
      }
      this.#standing = { ticketKeys, certificate: { ...certificate, text } };
      this.#joined?.own.speak();
      this.#memory.keep(() => this.#toRemember());
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      log.warn({ code }, `the node does not speak in the mesh: ${message}`);
    }
  }

  /** Goes on as an earlier run was, until the edge says otherwise. */
  async #recall(
    trust: (keys: readonly TicketPublicKey[], certificate: string) => void,
  ): Promise<void> {
    const { found } = this.#memory;
    if (found === undefined || this.#standing !== undefined) {
      return;
    }
    await this.#stand(found.ticketKeys, found.certificate);
    const { clock, log } = this.#parts;
    const check = cardCheck({ clock, log, edge: { keys: { ticketKeys: found.ticketKeys } } });
    this.#believe(await check(found.nodes, this.#revoked));
    if (this.#standing !== undefined) {
      log.info({ nodes: found.nodes.length }, 'the mesh of an earlier run is recalled');
      trust(found.ticketKeys, found.certificate);
    }
  }

  /** Those of the own region first: controllers and agents of it need each other most. */
  #toRemember() {
    const standing = this.#standing;
    const region = this.#joined?.card.region;
    const nodes = [...this.#known.values()].filter(
      ({ nodeId }) => nodeId !== this.#joined?.card.nodeId,
    );
    return standing === undefined
      ? undefined
      : {
          ticketKeys: [...standing.ticketKeys],
          certificate: standing.certificate.text,
          revoked: [...this.#revoked],
          nodes: [
            ...nodes.filter((node) => node.region === region),
            ...nodes.filter((node) => node.region !== region),
          ],
        };
  }
}
