import { env, exports } from 'cloudflare:workers';
import { SignJWT } from 'jose';
import type { JWTPayload } from 'jose';
import * as v from 'valibot';
import { vi } from 'vitest';
import { utf8 } from '../../protocol/bytes.ts';
import { systemClock } from '../../protocol/clock.ts';
import type { ResultOf } from '../../protocol/contract.ts';
import type {
  EdgeToNode,
  NodeCard,
  NodeLoad,
  NodeToEdge,
  RoomUser,
} from '../../protocol/contracts/node-edge.ts';
import { edgeToNode, nodeToEdge } from '../../protocol/contracts/node-edge.ts';
import { Problem, RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { Directory, DirectoryChange, RoomFacts } from '../../protocol/directory.ts';
import { applyChange } from '../../protocol/directory.ts';
import { signEnrolment } from '../../protocol/enrolment.ts';
import { keptMesh } from '../../edge/objects/mesh-pictures.ts';
import { newStreamId, newUuid } from '../../protocol/ids.ts';
import type { Link, LinkSink } from '../../protocol/link.ts';
import { mauthHeader } from '../../protocol/mauth.ts';
import { TicketPrivateKey } from '../../protocol/ticket.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import { demandDocumented } from './documented.ts';
import type { EntryPlace } from '../../protocol/entry.ts';
import { peerIdOf } from '../../protocol/peer-id.ts';
import { entryTo, proven } from './entries.ts';

export const origin = 'https://edge.test';

/**
 * The time of the edge and of the tests, which stands still until it is moved. It is an hour ahead of
 * the platform's own, so that alarms ring only when a test rings them.
 */
export const clock = {
  now_ms: Date.now() + 3_600_000,
  pass(time_ms: number): void {
    clock.now_ms += time_ms;
  },
};
vi.spyOn(Date, 'now').mockImplementation(() => clock.now_ms);

/** A request to the Worker as anybody may send it; what it answers must be documented. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const request = new Request(`${origin}${path}`, init);
  const response = await exports.default.fetch(request);
  await demandDocumented(request, response);
  return response;
}

export async function postJson(
  path: string,
  body: unknown,
  init: RequestInit = {},
): Promise<Response> {
  return await ask(path, { ...init, method: 'POST', body: JSON.stringify(body) });
}

let nonces = 0;

export interface Signature {
  username?: string;
  role?: string;
  timestamp?: string;
  cnonce?: string;
  serviceid?: string;
  key?: string;
}

/** The header of a signed request, by the superservice unless said otherwise. */
export async function signed(signature: Signature = {}): Promise<{ authorization: string }> {
  const { key = env.NUVE_SUPERSERVICE_KEY, ...fields } = signature;
  nonces += 1;
  const authorization = await mauthHeader(key, {
    serviceid: env.NUVE_SUPERSERVICE_ID,
    timestamp: String(Date.now()),
    cnonce: String(nonces),
    ...fields,
  });
  return { authorization };
}

/** The header of a request with a JWT, of the superservice unless said otherwise. */
export async function bearer(
  claims: JWTPayload = {},
  key = env.NUVE_SUPERSERVICE_KEY,
  kid?: string,
): Promise<{ authorization: string }> {
  const now_s = Math.floor(Date.now() / 1000);
  const text = await new SignJWT({ iss: env.NUVE_SUPERSERVICE_ID, exp: now_s + 100, ...claims })
    .setProtectedHeader({ alg: 'HS256', ...(kid === undefined ? {} : { kid }) })
    .sign(utf8(key));
  return { authorization: `Bearer ${text}` };
}

export async function createRoom(name: string, signature: Signature = {}): Promise<RoomAnswer> {
  const response = await postJson('/rooms', { name }, { headers: await signed(signature) });
  return v.parse(RoomAnswer, await response.json());
}

export async function createToken(
  roomId: string,
  body: unknown = {},
  signature: Signature = {},
): Promise<Response> {
  const headers = await signed({ username: 'ann', role: 'presenter', ...signature });
  return await postJson(`/rooms/${roomId}/tokens`, body, { headers });
}

/** A signed request, by the superservice unless said otherwise; a body that is no text becomes JSON. */
export async function request(
  method: string,
  path: string,
  body?: unknown,
  signature: Signature = {},
): Promise<Response> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return await ask(path, {
    method,
    headers: await signed(signature),
    ...(text === undefined ? {} : { body: text }),
  });
}

/** The status and the text of an answer. */
export async function answer(response: Promise<Response>): Promise<[number, string]> {
  const got = await response;
  return [got.status, await got.text()];
}

/** The status and the code of an answer that is a problem. */
export async function problem(response: Response): Promise<{ status: number; code: string }> {
  const { status, code } = v.parse(Problem, await response.json());
  if (status !== response.status) {
    throw new Error(`the problem says ${status} and the answer ${response.status}`);
  }
  return { status, code };
}

class ClientSocketLink implements Link {
  readonly name = 'the test node';
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  open(sink: LinkSink): void {
    this.#socket.addEventListener('message', ({ data }) => sink.frame(String(data)));
    this.#socket.addEventListener('close', ({ code }) =>
      sink.ended(code === 1000 ? 'peer_closed' : 'lost'),
    );
    this.#socket.accept();
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close(1000);
  }
}

export const places = {
  'eu-west': { lat: 53.35, lon: -6.26 },
  'us-east': { lat: 39.04, lon: -77.49 },
  'ap-northeast': { lat: 35.68, lon: 139.69 },
  'sa-east': { lat: -23.55, lon: -46.63 },
  'af-south': { lat: -33.92, lon: 18.42 },
} as const;

export const idle: NodeLoad = { rooms: 0, clients: 0, cpu: 0, state: 'available' };

export function cardOf(region: keyof typeof places, number = 1): NodeCard {
  const nodeId = `${region}-${number}`;
  return {
    nodeId,
    epoch: newUuid(),
    region,
    place: places[region],
    host: `${nodeId}.test:8030`,
    secure: false,
    agent: 'tcp://127.0.0.1:5000',
    version: '0.1.0',
  };
}

export async function dial(nodeId: string, secret = env.RIZOMA_ENROL_SECRET): Promise<Response> {
  return await ask(`/nodes/${nodeId}/link`, {
    headers: { upgrade: 'websocket', authorization: `Bearer ${secret}` },
  });
}

/** A thing that arrives again and again, to be waited for one by one. */
class Inbox<T> {
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  put(item: T): void {
    const waiter = this.#waiting.shift();
    if (waiter === undefined) {
      this.#items.push(item);
    } else {
      waiter(item);
    }
  }

  async take(): Promise<T> {
    const item = this.#items.shift();
    return item ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  /** The first that is as wished; those before it are thrown away. */
  async until(wished: (item: T) => boolean): Promise<T> {
    for (;;) {
      const item = await this.take();
      if (wished(item)) {
        return item;
      }
    }
  }
}

export interface TestNode {
  readonly card: NodeCard;
  readonly peer: RpcPeer<NodeToEdge, EdgeToNode>;
  /** The ids of each list of members that was pushed. */
  readonly members: Inbox<string[]>;
  /** What was pushed last. */
  cards: NodeCard[];
  revoked: string[];
  draining: boolean;
  /** Whether its own host ends it. */
  ends: boolean;
  readonly changes: Inbox<DirectoryChange>;
  readonly grants: Inbox<string>;
  /** The rooms that it was told were deleted. */
  readonly deletions: Inbox<string>;
  /** The rooms that it was told it holds no more. */
  readonly drops: Inbox<string>;
  /** Clients that the node is told are elsewhere, by message. */
  readonly moved: Inbox<string[]>;
  /** The requests because of which. */
  readonly requestIds: (string | undefined)[];
  /** Who is in any room here. */
  users: RoomUser[];
  /** What answers about users wait for. */
  answers: Promise<null>;
  readonly ended: Promise<string>;
  /** What an entry to it for that room is proven for. */
  placeIn(roomId: string): Promise<EntryPlace>;
  /** Enters a room for which a client was sent. */
  enter(roomId: string, facts: RoomFacts): Promise<ResultOf<NodeToEdge, 'room.enter'>>;
  register(load?: NodeLoad): Promise<ResultOf<NodeToEdge, 'node.register'>>;
  /** The directory that it follows, if it does; undefined after a change that did not fit. */
  directory: Directory | undefined;
  follow(directory: Directory): void;
  apply(change: DirectoryChange): void;
}

const keys = new Map<string, Promise<TicketPrivateKey>>();

/** The key that a node has for as long as a test file runs. */
export function keyOf(nodeId: string): Promise<TicketPrivateKey> {
  const key = keys.get(nodeId) ?? newKey();
  keys.set(nodeId, key);
  return key;
}

export async function newKey(): Promise<TicketPrivateKey> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) {
    throw new Error('no key pair');
  }
  return v.parse(TicketPrivateKey, await crypto.subtle.exportKey('jwk', pair.privateKey));
}

/** What the node of that card says of its keys now. */
export async function enrolmentOf(
  { nodeId, epoch }: NodeCard,
  key: Promise<TicketPrivateKey> = keyOf(nodeId),
): Promise<string> {
  const curveKey = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7';
  return await signEnrolment(
    await key,
    { nodeId, epoch, curveKey, mediaIp: '192.0.2.1' },
    Date.now(),
  );
}

/** A node's end of the link, over a WebSocket to its object. */
export async function connect(
  card: NodeCard,
  key: Promise<TicketPrivateKey> = keyOf(card.nodeId),
  secret?: string,
): Promise<TestNode> {
  const { webSocket } = await dial(card.nodeId, secret);
  if (webSocket === null) {
    throw new Error('the edge did not take the socket');
  }
  const members = new Inbox<string[]>();
  const changes = new Inbox<DirectoryChange>();
  const grants = new Inbox<string>();
  const deletions = new Inbox<string>();
  const drops = new Inbox<string>();
  const moved = new Inbox<string[]>();
  const requestIds: (string | undefined)[] = [];
  const ended = Promise.withResolvers<string>();
  const peer = RpcPeer.create(
    {
      link: new ClientSocketLink(webSocket),
      clock: systemClock,
      handlers: {
        'mesh.members': ({ nodes, revoked }) => {
          members.put(nodes.map(({ nodeId }) => nodeId));
          node.cards = nodes;
          node.revoked = revoked;
        },
        'room.moved': ({ clients }) => moved.put(clients.map(({ clientId }) => clientId)),
        'node.drain': async ({ drain, requestId }) => {
          requestIds.push(requestId);
          node.draining = drain || node.ends;
          return { ...idle, ...(node.draining ? { draining: true } : {}) };
        },
        'room.changed': ({ change }) => {
          node.apply(change);
          changes.put(change);
        },
        'room.granted': ({ grant }) => grants.put(grant),
        'room.dropped': ({ roomId }) => drops.put(roomId),
        'room.deleted': ({ roomId, requestId }) => {
          requestIds.push(requestId);
          deletions.put(roomId);
        },
        'room.users': (_, { part }) => {
          part(node.users);
          return node.answers;
        },
        'room.deleteUser': async ({ name }) => {
          const named = node.users.filter((user) => user.name === name);
          node.users = node.users.filter((user) => user.name !== name);
          await node.answers;
          return named.length;
        },
      },
    },
    { outgoing: nodeToEdge, incoming: edgeToNode, onEnd: ended.resolve },
  );
  const node: TestNode = {
    card,
    peer,
    members,
    changes,
    grants,
    deletions,
    drops,
    moved,
    cards: [],
    revoked: [],
    draining: false,
    ends: false,
    requestIds,
    users: [],
    answers: Promise.resolve(null),
    ended: ended.promise,
    directory: undefined,
    register: async (load = idle) => {
      const enrolment = await enrolmentOf(card, key);
      const answer = await peer.call('node.register', { card, load, enrolment });
      // Time stands still, and what comes next is about this node.
      keptMesh.latest = undefined;
      return answer;
    },
    placeIn: async (roomId) => ({ roomId, peerId: peerIdOf(await key) }),
    enter: async (roomId, facts) => {
      const place = await node.placeIn(roomId);
      const told = await proven(place, facts);
      return await peer.call('room.enter', { roomId, facts: told, entry: await entryTo(place) });
    },
    follow: (directory) => {
      node.directory = directory;
    },
    apply: (change) => {
      node.directory = node.directory && applyChange(node.directory, change);
    },
  };
  return node;
}

/** A node that is connected and registered. */
export async function startNode(region: keyof typeof places, number = 1): Promise<TestNode> {
  const node = await connect(cardOf(region, number));
  await node.register();
  return node;
}

/** One process and one stream published in it. */
export function someFacts(): RoomFacts {
  const erizoId = newUuid();
  return {
    erizos: [{ erizoId, endpoint: 'tcp://127.0.0.1:6000' }],
    streams: [
      {
        streamId: newStreamId(),
        clientId: newUuid(),
        erizoId,
        userName: 'ann',
        media: {
          audio: true,
          video: true,
          data: false,
          screen: false,
          label: 'x',
          attributes: { a: 1 },
        },
      },
    ],
  };
}
