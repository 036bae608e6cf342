import { DurableObject } from 'cloudflare:workers';
import * as v from 'valibot';
import { assertNever } from '../../protocol/assert-never.ts';
import { workerClock } from '../worker-clock.ts';
import type { EdgeToNode, NodeToEdge, RoomUser } from '../../protocol/contracts/node-edge.ts';
import { edgeToNode, nodeToEdge } from '../../protocol/contracts/node-edge.ts';
import type { Removal } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { NodeId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import { configOf } from '../config.ts';
import type { Trace } from '../log.ts';
import { createLog } from '../log.ts';
import type { NodeApi, Notice, RoomApi } from './api.ts';
import type { Bindings } from './stubs.ts';
import { meshOf, roomOf } from './stubs.ts';
import type { NodeSession } from './node-calls.ts';
import { nodeCalls } from './node-calls.ts';
import { Certificates } from './certificates.ts';
import { EntryChecks } from './entry-checks.ts';
import { NodeLease } from './node-lease.ts';
import { demanding, NodeLimits } from './node-limits.ts';
import { NodeRooms } from './node-rooms.ts';
import { NodeStore } from './node-store.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf, valueOf } from './outcome.ts';
import { RoomPictures } from './room-pictures.ts';
import { messagesOf } from './member-parts.ts';
import { closeCodes, SocketLink } from './socket-link.ts';

const log = createLog({ object: 'node' });

const defaults = {
  /** Pictures of rooms: one isolate may have the objects of many nodes, and few of Licode's clients come with passes. */
  pictures_bytes: 1024 * 1024,
} as const;

/** What a socket remembers while this object sleeps. */
const Attachment = v.strictObject({
  nodeId: NodeId,
  /** Names the enrolment secret that the node has shown. */
  secret: v.string(),
  /** Of two sockets the one with the higher number is the newer. */
  number: v.number(),
  lease: v.optional(v.number()),
  /** Names the keys that the node was given. */
  keys: v.optional(v.string()),
});
type Attachment = v.InferOutput<typeof Attachment>;

interface Conversation {
  readonly link: SocketLink;
  readonly peer: RpcPeer<EdgeToNode, NodeToEdge>;
  readonly session: NodeSession;
}

/** One node: the link that it dialled, its lease, the rooms that it holds. */
export class Node extends DurableObject<Bindings> implements NodeApi {
  readonly #rooms: NodeRooms;
  readonly #lease: NodeLease;
  readonly #pictures: RoomPictures;
  readonly #limits = new NodeLimits({ now: () => Date.now() });
  /** Made anew for each socket when this object wakes. */
  readonly #conversations = new WeakMap<WebSocket, Conversation>();

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    const store = new NodeStore({ sql: context.storage.sql });
    store.makeTables();
    this.#rooms = new NodeRooms({
      store,
      entries: new EntryChecks({ config: configOf(env) }),
      room: (roomId) => this.#room(roomId),
      send: (roomId, change) => this.#send({ method: 'room.changed', params: { roomId, change } }),
      later: (run) => workerClock.after(0, run),
    });
    this.#pictures = new RoomPictures(
      { room: (roomId) => this.#room(roomId), clock: workerClock },
      { most_bytes: defaults.pictures_bytes },
    );
    this.#lease = new NodeLease({
      store,
      mesh: meshOf(env),
      rooms: this.#rooms,
      limits: this.#limits,
      now: () => Date.now(),
      arm: (at_ms) => context.storage.setAlarm(at_ms),
      background: (task) => context.waitUntil(task),
      log,
    });
  }

  /**
   * The upgrade of a request that the Worker has checked. The socket that registered last is the node's;
   * of those that have not registered only the newest is kept.
   */
  override fetch(request: Request): Response {
    const nodeId = parse(NodeId, request.headers.get('x-rizoma-node'), 'node id');
    const secret = parse(v.string(), request.headers.get('x-rizoma-secret'), 'enrolment secret');
    const others = this.#openSockets();
    const number = 1 + Math.max(0, ...others.map((socket) => attachmentOf(socket).number));
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    remember(server, { nodeId, secret, number });
    this.#close(others.filter((socket) => attachmentOf(socket).lease === undefined));
    log.info('a node dialled in', { nodeId, others: others.length });
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const { link, session } = this.#conversationOf(socket);
    if (this.#lease.cardOf(session.lease) !== undefined) {
      this.#lease.heard();
    }
    link.deliver(message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#conversationOf(socket).link.end(code === closeCodes.normal ? 'peer_closed' : 'lost');
    log.info('the link of a node was closed', { nodeId: attachmentOf(socket).nodeId, code });
  }

  override webSocketError(socket: WebSocket): void {
    this.#conversationOf(socket).link.end('lost');
    log.info('the link of a node broke', { nodeId: attachmentOf(socket).nodeId });
  }

  push(notice: Notice): Promise<boolean> {
    const { method, params } = notice;
    switch (method) {
      case 'room.changed':
        return Promise.resolve(this.#rooms.changed(params.roomId, params.change));
      case 'room.deleted':
        this.#rooms.deleted(params.roomId);
        return Promise.resolve(this.#send(notice));
      case 'room.granted':
      // The node enters again, by which it is known here that it may not.
      case 'room.dropped':
      case 'mesh.members':
      case 'room.moved':
        return Promise.resolve(this.#send(notice));
      default:
        return assertNever(method);
    }
  }

  users(roomId: string, trace?: Trace): Promise<Outcome<RoomUser[]>> {
    return outcomeOf(log.of(trace), async () => {
      const users: RoomUser[] = [];
      const onPart = (part: RoomUser[]): void => void users.push(...part);
      await this.#registeredPeer().call('room.users', { roomId, ...trace }, { onPart });
      return users;
    });
  }

  deleteUser(user: { roomId: string } & Removal, trace?: Trace): Promise<Outcome<number>> {
    return outcomeOf(log.of(trace), () =>
      this.#registeredPeer().call('room.deleteUser', { ...user, ...trace }),
    );
  }

  about(): Promise<Outcome<{ linked: boolean; silence_ms: number }>> {
    return outcomeOf(log, () => ({
      linked: this.#registered() !== undefined,
      silence_ms: this.#lease.silence_ms,
    }));
  }

  drain(drain: boolean, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), async () => {
      const load = await this.#registeredPeer().call('node.drain', { drain, ...trace });
      await this.#lease.report(load, { urgent: true });
      if ((load.draining === true) !== drain) {
        throw new RizomaError('conflict', 'its own host ends this node: start another one there');
      }
      return null;
    });
  }

  revoke(trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), async () => {
      const key = this.#lease.revoke(trace);
      this.#close(this.#openSockets());
      await valueOf(meshOf(this.env).revoke(key));
      await this.#lease.check();
      return null;
    });
  }

  override async alarm(): Promise<void> {
    await this.#lease.check();
  }

  #room(roomId: string): RoomApi {
    return roomOf(this.env, roomId);
  }

  #send(notice: Notice): boolean {
    const session = this.#registered()?.session;
    try {
      session?.notify(notice);
      return session !== undefined;
    } catch (thrown) {
      // The socket broke in this moment, or the notice fits no frame: asking again would not help.
      log.error('a notice could not be sent', thrown, { nodeId: session?.nodeId });
      return false;
    }
  }

  #registered(): Conversation | undefined {
    return this.#openSockets()
      .map((socket) => this.#conversationOf(socket))
      .find(({ session }) => this.#lease.cardOf(session.lease) !== undefined);
  }

  #registeredPeer(): Conversation['peer'] {
    const conversation = this.#registered();
    if (conversation === undefined) {
      throw new RizomaError('link_down', 'the node has no link now');
    }
    return conversation.peer;
  }

  #openSockets(): WebSocket[] {
    return this.ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
  }

  #close(sockets: readonly WebSocket[]): void {
    for (const socket of sockets) {
      this.#conversationOf(socket).peer.close();
    }
  }

  #conversationOf(socket: WebSocket): Conversation {
    const known = this.#conversations.get(socket);
    if (known !== undefined) {
      return known;
    }
    const conversation = this.#converse(socket);
    this.#conversations.set(socket, conversation);
    return conversation;
  }

  #converse(socket: WebSocket): Conversation {
    const { nodeId, secret } = attachmentOf(socket);
    const config = configOf(this.env);
    const link = new SocketLink({ socket }, { name: `link of ${nodeId}` });
    const session: NodeSession = {
      nodeId,
      secret,
      get lease() {
        return attachmentOf(socket).lease;
      },
      get keys() {
        return attachmentOf(socket).keys;
      },
      registered: (given) => remember(socket, { ...attachmentOf(socket), ...given }),
      supersede: () => this.#close(this.#openSockets().filter((other) => other !== socket)),
      notify: (notice) => {
        for (const { method, params } of messagesOf(notice)) {
          peer.notify(method, params);
        }
      },
      background: (task) =>
        this.ctx.waitUntil(
          task().catch((thrown: unknown) => log.error('a task failed', thrown, { nodeId })),
        ),
    };
    const handlers = nodeCalls(
      {
        lease: this.#lease,
        limits: this.#limits,
        rooms: this.#rooms,
        mesh: meshOf(this.env),
        certificates: new Certificates(
          { now: () => Date.now() },
          { key: config.ticketKeys.current },
        ),
        session,
        room: (roomId) => this.#room(roomId),
        pictures: this.#pictures,
      },
      { config },
    );
    const peer = RpcPeer.create(
      {
        link,
        clock: workerClock,
        handlers: demanding(handlers, () => this.#limits.demand('calls')),
      },
      {
        outgoing: edgeToNode,
        incoming: nodeToEdge,
        onFault: (fault, method) => log.error('a call of a node failed', fault, { nodeId, method }),
      },
    );
    return { link, peer, session };
  }
}

function attachmentOf(socket: WebSocket): Attachment {
  return parse(Attachment, socket.deserializeAttachment(), 'attachment', 'internal');
}

function remember(socket: WebSocket, attachment: Attachment): void {
  socket.serializeAttachment(attachment);
}
