import { toRizomaError } from '../../protocol/errors.ts';
import type { Client } from './client.ts';
import type { Direction, Lost } from './connections.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import type { Failure, Flow } from './flow.ts';
import { erizoOf, failures, isUntold } from './flow.ts';
import type { RoomParts } from './room-parts.ts';

/** What a client had in a process, and knows of. */
interface Loss {
  client: Client;
  lost: Lost[];
  flows: Record<Direction, Flow[]>;
  /** Those that go over a connection which may go on, or need none. */
  restorable: ReadonlySet<Flow>;
}

export interface RestoringOptions {
  fail(client: Client, direction: Direction, flow: Flow, failure: Failure): void;
}

/**
 * Takes what clients have in a process that is lost to another one, over the RTCPeerConnections that they
 * have: a page for Licode needs to do nothing, and its streams keep their ids. Clients of which that cannot
 * be had are told that what they had there is lost.
 */
export class Restoring {
  readonly #parts: RoomParts;
  readonly #fail: RestoringOptions['fail'];

  constructor(parts: RoomParts, options: RestoringOptions) {
    this.#parts = parts;
    this.#fail = options.fail;
  }

  /** What is published there stays in the room meanwhile. */
  erizoDied(erizoId: string): void {
    const { erizos } = this.#parts;
    const endMourning = erizos.mourn(erizoId);
    const there = new Set<unknown>(erizos.died(erizoId));
    const losses = [...this.#parts.clients()]
      .filter((client) => there.has(client))
      .map((client) => lossOf(client, erizoId));
    // Who plays a stream that fails too hears why, and not that it was removed.
    for (const direction of ['subscribe', 'publish'] as const) {
      for (const loss of losses) {
        this.#begin(loss, direction);
      }
    }
    const restored = Promise.all(losses.map((loss) => this.#restore(loss)));
    if (!losses.some(({ flows }) => flows.publish.some(isRestoring))) {
      endMourning();
      return;
    }
    const stopWaiting = this.#parts.clock.after(defaults.mourning_ms, endMourning);
    void restored.then(() => {
      stopWaiting();
      endMourning();
    });
  }

  #begin({ client, flows, restorable }: Loss, direction: Direction): void {
    for (const flow of flows[direction]) {
      flow.restored += 1;
      if (restorable.has(flow) && flow.restored <= defaults.restorations) {
        flow.state = { at: 'restoring', erizo: undefined };
        flow.way = undefined;
      } else if (flow.state.at !== 'negotiating') {
        // The call that negotiates one fails with its process, and the flow with that.
        this.#fail(client, direction, flow, failures.erizo);
      }
    }
  }

  /** Settles when all that the client publishes was restored or has failed. */
  async #restore({ client, lost, flows }: Loss): Promise<void> {
    if (lost.length === 0) {
      client.connections.abandon();
    }
    const inputs = flows.publish.filter((flow) => isRestoring(flow) && flow.reopen !== undefined);
    if (lost.length + inputs.length === 0) {
      return;
    }
    try {
      const erizo = await this.#parts.erizos.take(client);
      await Promise.all([
        ...lost.map((connection) => this.#connect(client, erizo, connection)),
        ...inputs.map((flow) => {
          flow.state = { at: 'restoring', erizo };
          return flow.reopen?.();
        }),
      ]);
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      client.connections.abandon();
      for (const direction of ['subscribe', 'publish'] as const) {
        for (const flow of flows[direction].filter(isRestoring)) {
          this.#fail(client, direction, flow, { code, message });
        }
      }
    }
  }

  /** What is asked of the process stands in one line: the connection first, then what goes over it, then its offer. */
  async #connect(client: Client, erizo: Erizo, connection: Lost): Promise<void> {
    const { connectionId, direction, last, flows } = connection;
    if (!client.connections.restored(connectionId, erizo)) {
      return;
    }
    const { id: clientId, plan } = client;
    const waiting = [...flows].filter(isRestoring);
    const streams = direction === 'subscribe' ? waiting.map(({ streamId }) => streamId) : [];
    const params = { clientId, connectionId, plan, direction, streams };
    const asked = erizo.rpc.call(
      'restoreConnection',
      last === undefined ? params : { ...params, last },
    );
    const opened = waiting.map(async (flow) => {
      flow.state = { at: 'restoring', erizo };
      await flow.again?.(connectionId);
    });
    if (last === undefined && connection.offer !== undefined) {
      const msg = { type: 'offer', sdp: connection.offer } as const;
      const offered = { clientId, connectionId, msg };
      void this.#parts.quietly(erizo.rpc.call('processConnectionMessage', offered));
    }
    this.#parts.log.info({ clientId, connectionId, erizoId: erizo.erizoId }, 'connection restored');
    // Where it cannot be, what goes over it cannot be opened, and fails.
    await this.#parts.quietly(asked);
    await (direction === 'publish' ? Promise.all(opened) : undefined);
  }
}

function isRestoring({ state }: Flow): boolean {
  return state.at === 'restoring';
}

function lossOf(client: Client, erizoId: string): Loss {
  const lost = client.restorable ? client.connections.lose(erizoId) : [];
  const isThere = (flow: Flow): boolean => !isUntold(flow) && erizoOf(flow)?.erizoId === erizoId;
  const publish = [...client.publications.values()].filter(isThere);
  const inputs = publish.filter(({ reopen }) => reopen !== undefined);
  return {
    client,
    lost,
    flows: { subscribe: [...client.subscriptions.values()].filter(isThere), publish },
    restorable: new Set([...lost.flatMap((connection) => [...connection.flows]), ...inputs]),
  };
}
