import type { Server as HttpServer } from 'node:http';
import type { DefaultEventsMap, Socket } from 'socket.io';
import { Server } from 'socket.io';
import type { Clock } from '../../protocol/clock.ts';
import {
  HandshakeAdditions,
  HandshakeAuth,
  tokenErrorPrefix,
} from '../../protocol/contracts/client.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import type { NodeMeasures } from '../node-measures.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Members } from '../mesh/members.ts';
import { Admission } from './admission.ts';
import { Agents } from './agents.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { DoorOptions } from './door.ts';
import { Door } from './door.ts';
import type { Dial } from './erizos.ts';
import type { ErizoListOptions } from './erizo-list.ts';
import { Erizos } from './erizos.ts';
import type { RoomCounters } from './rooms.ts';
import { Line } from './line.ts';
import type { Neighbours } from './neighbours.ts';
import { Rooms } from './rooms.ts';
import { SummedLog } from '../summed-log.ts';

export interface ControllerOptions extends ErizoListOptions, DoorOptions {
  nodeId: string;
  /** Names this run of the node. */
  epoch: string;
  /** Of its Ed25519 key, from which the secret follows that it shares with the edge. */
  peerId: string;
  region: string;
}

export interface ControllerComponents {
  clock: Clock;
  log: Log;
  edge: Edge;
  members: Members;
  zmq: ZmqSockets;
  /** Its `/socket.io/` becomes the controller's; who made it closes it. */
  server: HttpServer;
  /** Who made it closes it. */
  neighbours: Neighbours;
  measures: NodeMeasures;
}

/** What is open in a controller; all but `agents` is zero when nobody is there. */
export interface ControllerCounters extends RoomCounters {
  erizos: number;
  agents: number;
  sockets: number;
  /** Streams of its clients that other controllers hear, once for each of those. */
  watchers: number;
}

/** What the middleware finds out, for when the socket has connected. */
interface SocketData {
  welcome?: (line: Line) => void;
  /** The `POST /join` with which it comes. */
  requestId?: string;
}

/** A connection of engine.io, below the sockets of socket.io. */
type EngineSocket = Socket['conn'];
type ClientSocket = Socket<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;
type ClientServer = Server<DefaultEventsMap, DefaultEventsMap, DefaultEventsMap, SocketData>;

interface Parts {
  clock: Clock;
  log: Log;
  io: ClientServer;
  door: Door;
  rooms: Rooms;
  erizos: Erizos;
  agents: Agents;
  admission: Admission;
  neighbours: Neighbours;
  measures: NodeMeasures;
}

/** Where clients come in (Licode: ErizoController): socket.io on the one side, ErizoJS on the other. */
export class Controller {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #io: ClientServer;
  readonly #rooms: Rooms;
  readonly #erizos: Erizos;
  readonly #agents: Agents;
  readonly #admission: Admission;
  readonly #neighbours: Neighbours;
  readonly #measures: NodeMeasures;
  readonly #refusals: SummedLog;
  readonly #door: Door;
  readonly #lines = new WeakMap<EngineSocket, Line>();
  #stopListening: () => void = () => undefined;
  #closed = false;
  #draining = false;

  private constructor(parts: Parts) {
    this.#clock = parts.clock;
    this.#log = parts.log;
    this.#io = parts.io;
    this.#rooms = parts.rooms;
    this.#erizos = parts.erizos;
    this.#agents = parts.agents;
    this.#admission = parts.admission;
    this.#neighbours = parts.neighbours;
    this.#measures = parts.measures;
    this.#refusals = new SummedLog(parts);
    this.#door = parts.door;
  }

  /** Dials the agents and takes clients from now on; needs nobody to answer. */
  static create(components: ControllerComponents, options: ControllerOptions): Promise<Controller> {
    const controller = new Controller(partsOf(components, options));
    const stops = [
      components.edge.listen(controller.#rooms),
      components.members.onChange(() => controller.#rooms.membersChanged()),
      components.clock.every(defaults.stampLook_ms, () => controller.#rooms.stamp()),
      components.clock.every(defaults.ways_ms, () => controller.#rooms.lookAtWays()),
    ];
    controller.#stopListening = () => stops.forEach((stop) => stop());
    controller.#neighbours.listen(controller.#rooms);
    controller.#io.use((socket, next) => void controller.#admit(socket, next));
    controller.#io.on('connection', (socket) => controller.#onConnection(socket));
    controller.#io.attach(components.server);
    controller.#io.engine.on('connection', (conn: EngineSocket) => controller.#onLine(conn));
    controller.#log.info('controller is ready');
    return Promise.resolve(controller);
  }

  load(): { rooms: number; clients: number } {
    const { rooms, clients } = this.#rooms.counters;
    return { rooms, clients };
  }

  counters(): ControllerCounters {
    return {
      ...this.#rooms.counters,
      erizos: this.#erizos.size,
      agents: this.#agents.size,
      sockets: this.#io.engine.clientsCount,
      watchers: this.#neighbours.watchers,
    };
  }

  /** Whether new clients are refused; those that are there stay, and may come back when they lost their socket. */
  drain(draining: boolean): void {
    this.#draining = draining;
  }

  /** Has the clients of our SDK go to other controllers within that time; they leave when they play there. */
  move(within_ms: number): void {
    this.#rooms.move(within_ms);
  }

  /** Tells its clients, ends their sockets and its conversations. Idempotent. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#stopListening();
      this.#refusals.close();
      this.#rooms.close();
      this.#erizos.close();
      this.#agents.close();
      this.#io.disconnectSockets(true);
      this.#log.info('controller is closed');
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onLine(connection: EngineSocket): void {
    this.#door.watch(connection);
    this.#lines.set(connection, Line.create({ clock: this.#clock, connection }));
  }

  /** A fault of ours ends that one client. */
  #onConnection(socket: ClientSocket): void {
    this.#door.welcome(socket.conn);
    // Without its socket the connection is of no use, and what comes over it nobody counts.
    socket.on('disconnect', () => socket.conn.close());
    try {
      const line = this.#lines.get(socket.conn);
      if (line !== undefined) {
        socket.data.welcome?.(line);
      }
    } catch (thrown) {
      this.#log.error({ err: thrown }, 'a client could not be let in');
      socket.disconnect(true);
    }
  }

  /** Calls `next` in any case, also where the connection is gone: socket.io keeps the socket for as long as it waits for that. */
  async #admit(socket: ClientSocket, next: (error?: Error) => void): Promise<void> {
    const { conn } = socket;
    if (!this.#door.greet(conn)) {
      next(new Error('one handshake a connection'));
      return;
    }
    const began_ms = this.#clock.now();
    let prefix: string = tokenErrorPrefix;
    try {
      if (this.#closed) {
        throw new RizomaError('unavailable', 'this controller is closing');
      }
      const { query, auth } = socket.handshake;
      const additions = parse(HandshakeAdditions, query, 'handshake');
      const { returnKey = additions.returnKey } = parse(HandshakeAuth, auth, 'handshake');
      if (returnKey === undefined) {
        if (this.#draining) {
          throw new RizomaError('draining', 'this controller takes no new clients: join again');
        }
        const visitor = await this.#admission.admit(query, additions);
        socket.data.requestId = visitor.requestId;
        const done = await this.#rooms.expect(visitor);
        if (socket.conn.readyState !== 'open') {
          done();
          next(new Error('the connection is gone'));
          return;
        }
        socket.conn.once('close', done);
        socket.data.welcome = (line) => {
          this.#rooms.join(visitor, socket, line);
          this.#measures.joined(this.#clock.now() - began_ms);
          done();
        };
      } else {
        prefix = '';
        const client = this.#clientToReturn(returnKey);
        socket.data.welcome = (line) => client.attach(socket, line);
      }
      next();
    } catch (thrown) {
      this.#refuse(socket, prefix, toRizomaError(thrown), next);
    }
  }

  #clientToReturn(returnKey: string): Client {
    const client = this.#rooms.returning(returnKey);
    if (client === undefined) {
      throw new RizomaError('not_found', 'the connection was closed already: join again');
    }
    if (!client.limits.mayReturn()) {
      throw new RizomaError(
        'rate_limited',
        'you come back too often: wait a second, or join again',
      );
    }
    return client;
  }

  /** Licode's client takes a refusal with the prefix as final; of a reconnection it expects none. */
  #refuse(
    socket: ClientSocket,
    prefix: string,
    error: RizomaError,
    next: (error?: Error) => void,
  ): void {
    const { code, cause: err } = error;
    const { requestId } = socket.data;
    this.#measures.refused(code);
    this.#refusals.write(levelOf(code), code, { err, code, requestId }, 'client refused');
    const words = `${prefix}${error.code}: ${error.message}`;
    next(Object.assign(new Error(words), { data: words }));
    const { conn } = socket;
    const stopWaiting = this.#clock.after(defaults.refusal_ms, () => conn.close());
    conn.once('close', stopWaiting);
  }
}

function levelOf(code: ErrorCode): 'error' | 'info' {
  return code === 'internal' ? 'error' : 'info';
}

/** Processes tell of clients and clients need processes: each part knows the next one by a closure. */
function partsOf(components: ControllerComponents, options: ControllerOptions): Parts {
  const { clock, edge, members, neighbours, zmq, measures } = components;
  const { calls } = measures;
  const { nodeId, region } = options;
  const log = components.log.child({ part: 'controller' });
  const hello = JSON.stringify({ kind: 'controller', id: `${nodeId}/${options.epoch}` });
  const dial: Dial = (to, name) => zmq.dial({ to, hello, name });
  const agents = Agents.create(
    { clock, log, members, dial },
    {
      ...{ nodeId, region, onCall: calls.to('agent') },
      onExited: (erizoId, agentId) => erizos.exited(erizoId, agentId),
    },
  );
  const erizos = new Erizos(
    { clock, log, dial },
    {
      listener: {
        connectionMessage: (message) => rooms.connectionMessage(message),
        streamFailed: (erizoId, failure) => rooms.streamFailed(erizoId, failure),
        bandwidth: (said) => rooms.bandwidth(said),
        inputEnded: (ended) => rooms.inputEnded(ended),
        recordingEnded: (ended) => rooms.recordingEnded(ended),
        layersWanted: (wanted) => rooms.layersWanted(wanted),
        videosShown: (shown) => rooms.videosShown(shown),
        sound: (erizoId, sound) => rooms.sound(erizoId, sound),
        died: (erizoId) => rooms.erizoDied(erizoId),
        suspect: (erizo) => void agents.deleteErizoJS(erizo.erizoId),
      },
      onCall: calls.to('erizo'),
    },
  );
  const rooms = new Rooms({ clock, log, edge, agents, erizos, members, neighbours }, options);
  const admission = new Admission({ clock, edge, members }, { nodeId });
  const door = new Door({ clock, measures }, options);
  const io = newServer({ door });
  return { clock, log, io, door, rooms, erizos, agents, admission, neighbours, measures };
}

/** The door looks at an address before anything else is done for it. */
function newServer({ door }: { door: Door }): ClientServer {
  return new Server({
    allowRequest: (request, answer) => {
      const why = door.whyRefused(request);
      answer(why, why === undefined);
    },
    transports: ['websocket'],
    allowUpgrades: false,
    serveClient: false,
    pingInterval: defaults.socketPing_ms,
    pingTimeout: defaults.socketPingTimeout_ms,
    connectTimeout: defaults.socketConnect_ms,
    maxHttpBufferSize: limits.clientMessage_bytes,
  });
}
