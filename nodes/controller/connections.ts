import type { Erizo } from './erizos.ts';
import type { Flow } from './flow.ts';

/** What goes over a connection. */
export type Direction = 'publish' | 'subscribe';

interface Connection {
  erizo: Erizo;
  direction: Direction;
  flows: Set<Flow>;
}

/** The media connections of one client: nobody else may speak on them. */
export class Connections {
  readonly #kept: boolean;
  readonly #byId = new Map<string, Connection>();

  /** Whether a connection is still the client's when no flow uses it. */
  constructor(options: { kept: boolean }) {
    this.#kept = options.kept;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** A flow uses the connection; but for the plan `stream` several share one. */
  add(connectionId: string, use: { erizo: Erizo; direction: Direction; flow: Flow }): void {
    const { erizo, direction, flow } = use;
    const known = this.#byId.get(connectionId);
    if (known !== undefined) {
      known.flows.add(flow);
      return;
    }
    // A new one takes the place of the one that nothing uses any more.
    this.#forget((other) => other.direction === direction && other.flows.size === 0);
    this.#byId.set(connectionId, { erizo, direction, flows: new Set([flow]) });
  }

  /** The process that has the connection; undefined where it is not this client's. */
  erizoOf(connectionId: string): Erizo | undefined {
    return this.#byId.get(connectionId)?.erizo;
  }

  /** What goes over the connection. */
  flowsOf(connectionId: string): Iterable<Flow> {
    return this.#byId.get(connectionId)?.flows ?? [];
  }

  /** The flow has ended. */
  drop(flow: Flow): void {
    for (const { flows } of this.#byId.values()) {
      flows.delete(flow);
    }
    if (!this.#kept) {
      this.#forget(({ flows }) => flows.size === 0);
    }
  }

  #forget(which: (connection: Connection) => boolean): void {
    for (const [connectionId, connection] of this.#byId) {
      if (which(connection)) {
        this.#byId.delete(connectionId);
      }
    }
  }
}
