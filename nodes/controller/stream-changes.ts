import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import type { StreamMessage } from '../../protocol/contracts/client.ts';
import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { Flow } from './flow.ts';
import { erizoOf } from './flow.ts';
import { LatestOf } from './latest-of.ts';
import type { RoomParts } from './room-parts.ts';

/** What clients change of streams that they publish or receive, and of what their connections may take. */
export class StreamChanges {
  readonly #parts: RoomParts;

  /** Each time costs as much as the client has connections. */
  readonly #bandwidths: LatestOf<Client>;

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#bandwidths = new LatestOf(parts, {
      every_ms: defaults.wishes_ms,
      run: (client) => this.#tellBandwidth(client),
    });
  }

  /**
   * Licode: `onStreamMessage`. Throws `not_found` for a stream that the client neither publishes nor
   * receives, and `unknown_method` for `control`, which switches handlers of Licode's own media engine.
   */
  async change(client: Client, { options }: StreamMessage): Promise<void> {
    const { streamId, msg } = options;
    if (msg.type === 'control') {
      client.demand('controlhandlers', {});
      throw new RizomaError('unknown_method', 'there are no handlers here that could be switched');
    }
    const { config, minVideo_kbps } = msg.config;
    const published = client.publications.get(streamId);
    const flow = published ?? client.subscriptions.get(streamId);
    if (flow === undefined) {
      throw new RizomaError('not_found', `you neither publish nor receive stream ${streamId}`);
    }
    if (published !== undefined && minVideo_kbps !== undefined) {
      this.#adapt(streamId, minVideo_kbps);
    }
    await change(client, flow, config);
  }

  /** Licode: `onSetStreamPriorityStrategy` and `onSetConnectionTargetBandwidth`. */
  setBandwidth(client: Client, bandwidth: ClientBandwidth): Promise<void> {
    client.bandwidth = bandwidth;
    return this.#bandwidths.ask(client);
  }

  async #tellBandwidth(client: Client): Promise<void> {
    const { bandwidth } = client;
    const erizos = new Set(
      [...client.subscriptions.values()].flatMap((flow) => erizoOf(flow) ?? []),
    );
    const params = { clientId: client.id, bandwidth };
    await Promise.all([...erizos].map(({ rpc }) => rpc.call('setClientBandwidth', params)));
  }

  /** The publishers of the streams want their subscribers to get something else. */
  adapted(streams: readonly RoomStream[]): void {
    for (const { streamId, adaptation } of streams) {
      for (const client of this.#parts.clients()) {
        const flow = client.subscriptions.get(streamId);
        if (flow !== undefined) {
          void this.#parts.quietly(change(client, flow, { adaptation: adaptation ?? null }));
        }
      }
    }
  }

  /** Subscribers elsewhere hear of it from their controllers, which have it from the directory. */
  #adapt(streamId: string, minVideo_kbps: number): void {
    const scheme = this.#parts.streams.get(streamId)?.adaptation?.scheme ?? 'notify';
    this.#parts.streams.adapt(streamId, minVideo_kbps < 1 ? undefined : { scheme, minVideo_kbps });
    const stream = this.#parts.streams.get(streamId);
    if (stream !== undefined) {
      this.adapted([stream]);
      this.#parts.factsChanged();
    }
  }
}

/** A stream of data alone has no process. */
async function change(client: Client, flow: Flow, config: StreamConfig): Promise<void> {
  flow.config = { ...flow.config, ...config };
  const params = { clientId: client.id, streamId: flow.streamId, config };
  const changed = erizoOf(flow)?.rpc.call('processStreamMessage', params);
  // One that comes again has it from the flow, where its process does not know it yet.
  await (flow.state.at === 'restoring' ? changed?.catch(() => undefined) : changed);
}
