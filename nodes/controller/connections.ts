import type { ClientSdpMessage, SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import type { Erizo } from './erizos.ts';
import type { Flow } from './flow.ts';
import { isUntold } from './flow.ts';
import { KeyIndex } from './key-index.ts';

/** What goes over a connection. */
export type Direction = 'publish' | 'subscribe';

interface Connection {
  /** Undefined while it is between two processes. */
  erizo: Erizo | undefined;
  direction: Direction;
  flows: Set<Flow>;
  /** What both sides agreed on last: the client's description where it publishes, ours where it subscribes. */
  last: string | undefined;
  /** What the client offered and was not answered yet. */
  offer: string | undefined;
}

const unsaid = { last: undefined, offer: undefined };

/** A connection whose process was lost, with what another one has to know to go on with it. */
export interface Lost extends Readonly<Omit<Connection, 'erizo'>> {
  readonly connectionId: string;
}

/** The media connections of one client: nobody else may speak on them. */
export class Connections {
  readonly #kept: boolean;
  readonly #remembers: boolean;
  readonly #byId = new Map<string, Connection>();
  /** Ids of the connections that each flow goes over: a client may have a thousand, and leaves with all of them. */
  readonly #of = new KeyIndex<Flow>();
  /** Ids of those that no flow uses. */
  readonly #idle = new Set<string>();
  #erizoName: string | undefined;

  /**
   * `kept`: whether a connection is still the client's when no flow uses it. `remembers`: whether it may go
   * on in another process, so that what is said on it is kept.
   */
  constructor(options: { kept: boolean; remembers: boolean }) {
    this.#kept = options.kept;
    this.#remembers = options.remembers;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** A flow uses the connection; but for the plan `stream` several share one. */
  add(connectionId: string, use: { erizo: Erizo; direction: Direction; flow: Flow }): void {
    const { erizo, direction, flow } = use;
    this.#of.add(flow, connectionId);
    const known = this.#byId.get(connectionId);
    this.#idle.delete(connectionId);
    if (known !== undefined) {
      known.flows.add(flow);
      return;
    }
    // A new one takes the place of the one that nothing uses any more.
    for (const idle of this.#idle) {
      if (this.#byId.get(idle)?.direction === direction) {
        this.#delete(idle);
      }
    }
    const flows = new Set([flow]);
    this.#byId.set(connectionId, { erizo, direction, flows, ...unsaid });
  }

  /**
   * What the client is told the process is called. With `singlePC` Licode's client finds its connections by
   * that, so that it stays the same as long as they go on.
   */
  nameOf(erizoId: string): string {
    if (!this.#kept) {
      return erizoId;
    }
    this.#erizoName ??= erizoId;
    return this.#erizoName;
  }

  /** The client's connections have ended with their process. */
  abandon(): void {
    this.#erizoName = undefined;
  }

  /** Whether the connection is this client's. */
  has(connectionId: string): boolean {
    return this.#byId.has(connectionId);
  }

  /** A connection that nothing uses yet; the first that does has it from then on. */
  hold(connectionId: string, erizo: Erizo): void {
    if (!this.#byId.has(connectionId)) {
      this.#byId.set(connectionId, { erizo, direction: 'subscribe', flows: new Set(), ...unsaid });
      this.#idle.add(connectionId);
    }
  }

  /** The process that has the connection; undefined where it is not this client's, or between two. */
  erizoOf(connectionId: string): Erizo | undefined {
    return this.#byId.get(connectionId)?.erizo;
  }

  /** What goes over the connection. */
  flowsOf(connectionId: string): Iterable<Flow> {
    return this.#byId.get(connectionId)?.flows ?? [];
  }

  /** The connection that the flow goes over. */
  idOf(flow: Flow): string | undefined {
    const [connectionId] = this.#of.keysOf(flow);
    return connectionId;
  }

  /** The client says it of the connection. */
  said(connectionId: string, msg: ClientSdpMessage): void {
    const connection = this.#byId.get(connectionId);
    if (connection?.direction !== 'publish' || !this.#remembers) {
      return;
    }
    if (msg.type === 'offer') {
      connection.offer = msg.sdp;
    } else if (msg.type === 'answer') {
      connection.last = msg.sdp;
      connection.offer = undefined;
    }
  }

  /** Its process says it of the connection. */
  heard(connectionId: string, msg: SdpMessage): void {
    const connection = this.#byId.get(connectionId);
    if (connection === undefined || !this.#remembers) {
      return;
    }
    if (connection.direction === 'subscribe') {
      connection.last = msg.sdp;
    } else if (msg.type === 'answer') {
      connection.last = connection.offer ?? connection.last;
      connection.offer = undefined;
    }
  }

  /** The process is lost. Answers what is to go on in another: those that the client knows of. */
  lose(erizoId: string): Lost[] {
    const lost: Lost[] = [];
    for (const [connectionId, connection] of this.#byId) {
      if (connection.erizo?.erizoId !== erizoId) {
        continue;
      }
      const { flows, last } = connection;
      connection.erizo = undefined;
      if (last === undefined && [...flows].every(isUntold)) {
        this.#delete(connectionId);
      } else {
        lost.push({ connectionId, ...connection });
      }
    }
    return lost;
  }

  /** It goes on in that process. False where it is the client's no more. */
  restored(connectionId: string, erizo: Erizo): boolean {
    const connection = this.#byId.get(connectionId);
    if (connection !== undefined) {
      connection.erizo = erizo;
    }
    return connection !== undefined;
  }

  /** The flow has ended. */
  drop(flow: Flow): void {
    for (const connectionId of this.#of.keysOf(flow)) {
      const connection = this.#byId.get(connectionId);
      connection?.flows.delete(flow);
      if (connection?.flows.size === 0) {
        this.#idle.add(connectionId);
        if (!this.#kept) {
          this.#delete(connectionId);
        }
      }
    }
    this.#of.remove(flow);
  }

  #delete(connectionId: string): void {
    for (const flow of this.#byId.get(connectionId)?.flows ?? []) {
      this.#of.delete(flow, connectionId);
    }
    this.#byId.delete(connectionId);
    this.#idle.delete(connectionId);
  }
}
