import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { WebSocketLink } from '../../../nodes/link/websocket-link.ts';
import { systemClock } from '../../../protocol/clock.ts';
import type { Handlers } from '../../../protocol/contract.ts';
import { signCertificate } from '../../../protocol/certificate.ts';
import type {
  EdgeToNode,
  NodeCard,
  NodeLoad,
  NodeToEdge,
} from '../../../protocol/contracts/node-edge.ts';
import { edgeToNode, nodeToEdge } from '../../../protocol/contracts/node-edge.ts';
import type { NodeKeys } from '../../../protocol/enrolment.ts';
import { checkEnrolment } from '../../../protocol/enrolment.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import type { TicketPrivateKey } from '../../../protocol/ticket.ts';
import { publicTicketKey, signTicket, ticketSecretOf } from '../../../protocol/ticket.ts';
import { unprovenEntry } from '../../support/entry.ts';

type NodePeer = RpcPeer<EdgeToNode, NodeToEdge>;
type Seen = { method: string; params: unknown };

export const enrolSecret = 'the-secret-of-the-test';

/** The edge's side of the node link on a real WebSocket server; what it is asked can be awaited. */
export class TestEdge {
  readonly #server: WebSocketServer;
  readonly #seen: Seen[] = [];
  readonly #watchers = new Set<() => void>();
  readonly peers: NodePeer[] = [];
  readonly paths: string[] = [];
  /** What keep-alives said of the node. */
  readonly loads: NodeLoad[] = [];
  /** Answers to come to keep-alives; `ok` when there is none. */
  keepAliveAnswers: ('ok' | 'whoareyou')[] = [];
  /** Registrations to come that are refused. */
  refusals = 0;
  /** It signs with the first, and nodes are given all. */
  keys: readonly TicketPrivateKey[] = [privateKey];

  #registered: NodeCard | undefined;
  /** The cards of all that have registered, with their certificates. */
  readonly #cards = new Map<string, NodeCard>();
  readonly #secrets = new Map<string, readonly string[]>();

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async create(port = 0): Promise<TestEdge> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port,
      verifyClient: ({ req }: { req: { headers: { authorization?: string } } }) =>
        req.headers.authorization === `Bearer ${enrolSecret}`,
    });
    const edge = new TestEdge(server);
    server.on('connection', (socket, request) => {
      edge.paths.push(request.url ?? '');
      const link = WebSocketLink.create({ clock: systemClock, socket }, { name: 'node' });
      edge.peers.push(
        RpcPeer.create(
          { link, clock: systemClock, handlers: edge.#handlers() },
          {
            outgoing: edgeToNode,
            incoming: nodeToEdge,
            onEnd: (why) => edge.#note('(end)', why),
          },
        ),
      );
    });
    await new Promise((resolve) => server.once('listening', resolve));
    return edge;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get peer(): NodePeer {
    const peer = this.peers.at(-1);
    if (peer === undefined) {
      throw new Error('no node is linked');
    }
    return peer;
  }

  /** The parameters of the `count`th call of the method, as soon as it has come; `(end)` is a link's end. */
  async asked(method: string, count = 1): Promise<unknown> {
    for (;;) {
      const found = this.#seen.filter((seen) => seen.method === method)[count - 1];
      if (found !== undefined) {
        return found.params;
      }
      await new Promise<void>((resolve) => {
        const watcher = (): void => {
          this.#watchers.delete(watcher);
          resolve();
        };
        this.#watchers.add(watcher);
      });
    }
  }

  count(method: string): number {
    return this.#seen.filter((seen) => seen.method === method).length;
  }

  /** Tells all nodes that are linked of all that have registered, and of others. */
  tellMembers(others: NodeCard[] = [], revoked: string[] = []): void {
    for (const peer of this.peers.filter(({ ended }) => ended === undefined)) {
      peer.notify('mesh.members', { nodes: [...this.#cards.values(), ...others], revoked });
    }
  }

  /** What the tickets of a node that has registered are checked with. */
  secretsOf(nodeId: string): readonly string[] {
    return this.#secrets.get(nodeId) ?? [];
  }

  /** A ticket to the node `test-1`; under its first secret, if no other is given. */
  async ticket(
    roomId: string,
    secret: string = this.secretsOf('test-1')[0] ?? '',
  ): Promise<{ ticket: string }> {
    const claims = { nodeId: 'test-1', region: 'test', clientId: newUuid(), roomId };
    const visitor = { ...claims, userName: 'ann', role: 'presenter' };
    const ids = { jti: newUuid(), requestId: newUuid(), proof: unprovenEntry().proof };
    const times = { joinedAt_ms: Date.now(), issuedAt_ms: Date.now() };
    return { ticket: await signTicket(secret, { ...visitor, ...ids, ...times }, Date.now()) };
  }

  /** Cuts all links as a network does, without a word. */
  cut(): void {
    for (const socket of this.#server.clients) {
      socket.terminate();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #note(method: string, params: unknown): void {
    this.#seen.push({ method, params });
    for (const watcher of this.#watchers) {
      watcher();
    }
  }

  async #certify(enrolment: string, card: NodeCard | undefined): Promise<string> {
    if (card === undefined) {
      throw new RizomaError('conflict', 'register first');
    }
    const { nodeId, region } = card;
    const keys = await this.#keysIn(enrolment, card);
    const certificate = { nodeId, region, ...keys, jti: crypto.randomUUID() };
    const [key = privateKey] = this.keys;
    return await signCertificate(key, certificate, Date.now());
  }

  #keysIn(enrolment: string, { nodeId, epoch }: NodeCard): Promise<NodeKeys> {
    return checkEnrolment(enrolment, { nodeId, epoch, now_ms: Date.now() });
  }

  #handlers(): Handlers<NodeToEdge> {
    return {
      'node.register': async (params) => {
        this.#note('node.register', params);
        if (this.refusals > 0) {
          this.refusals -= 1;
          throw new RizomaError('forbidden', 'not you');
        }
        this.#registered = params.card;
        const certificate = await this.#certify(params.enrolment, params.card);
        this.#cards.set(params.card.nodeId, { ...params.card, certificate });
        const { nodeId } = params.card;
        const { peerId } = await this.#keysIn(params.enrolment, params.card);
        const secrets = this.keys.map((key) => ticketSecretOf(key, { nodeId, peerId }));
        const ticketSecrets = await Promise.all(secrets);
        this.#secrets.set(nodeId, ticketSecrets);
        const ticketKeys = this.keys.map(publicTicketKey);
        return { tokenKeys: ['token-key'], ticketKeys, ticketSecrets, certificate };
      },
      'node.renew': async ({ enrolment }) => {
        this.#note('node.renew', { enrolment });
        return await this.#certify(enrolment, this.#registered);
      },
      'node.killMe': async (params) => {
        this.#note('node.killMe', params);
        return null;
      },
      'node.keepAlive': async (params) => {
        this.#note('node.keepAlive', params);
        this.loads.push(params.load);
        return this.keepAliveAnswers.shift() ?? 'ok';
      },
      'token.consume': async () => {
        throw new RizomaError('token_used', 'this token was used');
      },
      'room.enter': async () => ({ version: 1, erizos: [], streams: [], grant: 'x' }),
      'room.facts': async () => ({
        from: 1,
        version: 1,
        erizos: { put: [], removed: [] },
        streams: { put: [], removed: [] },
      }),
      'room.presence': async () => 'ok',
      'room.recording': async () => null,
      'room.leave': async () => null,
    };
  }
}

/** RFC 8037, appendices A.1 and A.2. */
export const publicKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
} as const;
export const privateKey = {
  ...publicKey,
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
} as const;
