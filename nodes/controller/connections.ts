import type { Erizo } from './erizos.ts';
import type { Flow } from './flow.ts';

/** The media connections of one client: nobody else may speak on them. */
export class Connections {
  readonly #byId = new Map<string, { erizo: Erizo; flows: Set<Flow> }>();

  get size(): number {
    return this.#byId.size;
  }

  /** A flow uses the connection; in the plan `dual` several share one. */
  add(connectionId: string, erizo: Erizo, flow: Flow): void {
    const connection = this.#byId.get(connectionId) ?? { erizo, flows: new Set() };
    connection.flows.add(flow);
    this.#byId.set(connectionId, connection);
  }

  /** The process that has the connection; undefined where it is not this client's. */
  erizoOf(connectionId: string): Erizo | undefined {
    return this.#byId.get(connectionId)?.erizo;
  }

  /** What goes over the connection. */
  flowsOf(connectionId: string): Iterable<Flow> {
    return this.#byId.get(connectionId)?.flows ?? [];
  }

  /** The flow has ended; a connection that no flow uses is forgotten. */
  drop(flow: Flow): void {
    for (const [connectionId, { flows }] of this.#byId) {
      if (flows.delete(flow) && flows.size === 0) {
        this.#byId.delete(connectionId);
      }
    }
  }
}
