import { toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { mayDo } from '../../protocol/roles.ts';
import type { Client } from './client.ts';
import type { Erizo } from './erizos.ts';
import type { RoomParts } from './room-parts.ts';

/** What a process was told. */
interface Told {
  upstreams: string;
  streams: Set<string>;
}

/**
 * Does in advance what the first stream would wait for: a client's connection for what it will subscribe
 * to, and the links of the room's processes to those that streams come from.
 */
export class Preparing {
  readonly #parts: RoomParts;
  readonly #told = new Map<Erizo, Told>();

  constructor(components: { parts: RoomParts }) {
    this.#parts = components.parts;
  }

  /** Licode's clients take no connection that they did not ask for. */
  async joined(client: Client): Promise<void> {
    const { id: clientId, plan } = client;
    if (plan !== 'dual' || this.#parts.p2p() || !mayDo(client.role, 'subscribe')) {
      return;
    }
    try {
      const erizo = await this.#parts.erizos.take(client);
      const { connectionId } = await erizo.rpc.call('prepareSubscriber', { clientId, plan });
      client.connections.hold(connectionId, erizo);
    } catch (thrown) {
      // Its first subscription opens the connection, or says why it cannot.
      const { code } = toRizomaError(thrown);
      this.#parts.log.info({ clientId, code }, 'no connection in advance');
    }
  }

  /** The room has other streams or processes than before. */
  changed(): void {
    const { roomId, erizos, streams } = this.#parts;
    const upstreams = streams.farProcesses().slice(0, limits.keptUpstreams);
    const text = JSON.stringify(upstreams);
    const { live } = erizos;
    for (const erizo of this.#told.keys()) {
      if (!live.includes(erizo)) {
        this.#told.delete(erizo);
        quietly(() => erizo.rpc.notify('keepUpstreams', { roomId, upstreams: [] }));
      }
    }
    for (const erizo of live) {
      const told = this.#told.get(erizo) ?? { upstreams: '[]', streams: new Set() };
      this.#told.set(erizo, told);
      if (told.upstreams !== text) {
        told.upstreams = text;
        quietly(() => erizo.rpc.notify('keepUpstreams', { roomId, upstreams }));
      }
      quietly(() => this.#pullAhead(erizo, told.streams));
    }
  }

  /** Only what enters the region by this process: the others have it from there in no time. */
  #pullAhead(erizo: Erizo, told: Set<string>): void {
    const { roomId, streams, routeFor } = this.#parts;
    for (const streamId of told) {
      if (streams.get(streamId) === undefined) {
        told.delete(streamId);
      }
    }
    // Until all know of the process they would not agree on which one it is.
    const fresh = streams.isKnown(erizo.erizoId) ? streams.fromElsewhere() : [];
    for (const stream of fresh.filter(({ streamId }) => !told.has(streamId))) {
      if (told.size >= limits.pullsAhead) {
        return;
      }
      const route = routeFor(erizo, stream);
      told.add(stream.streamId);
      if (route[0]?.region !== streams.region) {
        const grant = this.#parts.grant();
        erizo.rpc.notify('pullAhead', { roomId, streamId: stream.streamId, route, grant });
      }
    }
  }
}

/** What cannot be done in advance is done when it is needed, and fails there if it has to. */
function quietly(run: () => void): void {
  try {
    run();
  } catch {
    // A process that is lost or does not read, a room without a grant, a way that is not known yet.
  }
}
