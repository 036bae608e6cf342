import { isIPv4 } from 'node:net';
import { privateKeyFromRaw } from '@libp2p/crypto/keys';
import { identify } from '@libp2p/identify';
import type { Identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { ping } from '@libp2p/ping';
import type { Ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import type { Libp2p } from 'libp2p';
import { RizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import type { Log } from '../log.ts';
import { PeerLink } from './peer-link.ts';

export interface PeerComponents {
  log: Log;
  /** The key by which the mesh knows the node. */
  key: TicketPrivateKey;
  /** Whether a peer is a member, by its id. */
  admits: (peerId: string) => boolean;
}

export interface PeerAddress {
  peerId: string;
  /** `tcp://ip:port`, as on the node's card. */
  endpoint: string;
}

/** Names what is spoken over a stream: the contract of gossip, each frame after its length. */
const gossipProtocol = '/rizoma/gossip/1';

type Services = { identify: Identify; ping: Ping };

const defaults = {
  /** Past twice the longest way round the globe a ping counts as lost. */
  ping_timeout_ms: 2_000,
  /** A connection and a stream over the longest way, three times over. */
  dial_timeout_ms: 3_000,
  /** One node of each other region pings this one, and peers that come and go overlap. */
  connections: 256,
} as const;

/** The libp2p peer of a node: TCP, Noise, Yamux. Members alone get a connection, by the key of their certificate. */
export class Peer {
  readonly #p2p: Libp2p<Services>;
  readonly #log: Log;
  readonly #admits: PeerComponents['admits'];
  #closed: Promise<void> | undefined;

  private constructor(p2p: Libp2p<Services>, { log, admits }: PeerComponents) {
    this.#p2p = p2p;
    this.#log = log;
    this.#admits = admits;
  }

  /** Listens on any free port of the address. */
  static async create(components: PeerComponents, options: { ip: string }): Promise<Peer> {
    const { key, admits } = components;
    const isStranger = (peerId: { toString(): string }): boolean => !admits(peerId.toString());
    const p2p = await createLibp2p<Services>({
      privateKey: privateKeyFromRaw(rawKey(key)),
      addresses: { listen: [`/ip4/${options.ip}/tcp/0`] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { maxConnections: defaults.connections },
      // It would ping every peer all the time; whoever needs a way finds out by using it.
      connectionMonitor: { enabled: false },
      connectionGater: {
        denyDialPeer: isStranger,
        // Once Noise has shown whose key it is, and before anything is said.
        denyInboundEncryptedConnection: isStranger,
        denyOutboundEncryptedConnection: isStranger,
      },
      services: { identify: identify(), ping: ping() },
    });
    const peer = new Peer(p2p, components);
    components.log.info({ endpoint: peer.endpoint }, 'mesh peer listens');
    return peer;
  }

  get peerId(): string {
    return this.#p2p.peerId.toString();
  }

  /** `tcp://ip:port`, where it listens. */
  get endpoint(): string {
    const options = this.#p2p.getMultiaddrs().map((address) => address.toString().split('/'));
    const [, , host, , port] = options[0] ?? [];
    return `tcp://${host}:${port}`;
  }

  /** Peers that are connected. */
  get peers(): number {
    return this.#p2p.getPeers().length;
  }

  /** One round trip to a peer over a connection that is kept, in ms. Rejects where it is not answered. */
  async ping(address: PeerAddress): Promise<number> {
    const signal = AbortSignal.timeout(defaults.ping_timeout_ms);
    return this.#p2p.services.ping.ping(multiaddrOf(address), { signal });
  }

  /** A link with a peer, over a connection that is kept. Rejects with `link_down`. */
  async dial(address: PeerAddress): Promise<Link> {
    const signal = AbortSignal.timeout(defaults.dial_timeout_ms);
    try {
      const stream = await this.#p2p.dialProtocol(multiaddrOf(address), gossipProtocol, { signal });
      return PeerLink.create({ stream }, { name: `gossip ${address.peerId}` });
    } catch (cause) {
      // What libp2p throws here need not be an error.
      const where = `${address.peerId} at ${address.endpoint}`;
      throw new RizomaError('link_down', `no link with ${where}`, { cause });
    }
  }

  /** Hands on each link that another peer opens. */
  async serve(onLink: (peerId: string, link: Link) => void): Promise<void> {
    await this.#p2p.handle(gossipProtocol, (stream, { remotePeer }) => {
      const peerId = remotePeer.toString();
      onLink(peerId, PeerLink.create({ stream }, { name: `gossip ${peerId}` }));
    });
  }

  /** Cuts off those who are members no longer. */
  async expel(): Promise<void> {
    const strangers = this.#p2p.getPeers().filter((id) => !this.#admits(id.toString()));
    for (const peer of strangers) {
      this.#log.warn({ peerId: peer.toString() }, 'a peer that is no member was cut off');
      await this.#p2p.hangUp(peer).catch((err: unknown) => {
        this.#log.warn({ err, peerId: peer.toString() }, 'a connection did not close in order');
      });
    }
  }

  close(): Promise<void> {
    this.#closed ??= Promise.resolve(this.#p2p.stop());
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function multiaddrOf({ peerId, endpoint }: PeerAddress): Multiaddr {
  const { hostname, port } = new URL(endpoint);
  const kind = isIPv4(hostname) ? 'ip4' : 'dns4';
  return multiaddr(`/${kind}/${hostname}/tcp/${port}/p2p/${peerId}`);
}

/** As libp2p takes an Ed25519 key: the private half, then the public one. */
function rawKey({ d, x }: TicketPrivateKey): Buffer {
  return Buffer.concat([d, x].map((half) => Buffer.from(half, 'base64url')));
}
