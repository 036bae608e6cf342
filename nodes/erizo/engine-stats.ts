import type { types } from 'mediasoup';
import type { Tally, Way } from './engine-transports.ts';
import type { MediaKind } from './media.ts';

/** What has gone one way since the process started. */
export interface TrackTotals {
  direction: 'received' | 'sent';
  kind: MediaKind;
  way: Way;
  packets: number;
  lost: number;
}

export interface MediaTotals {
  tracks: readonly TrackTotals[];
  clientBytes: { received: number; sent: number };
}

interface Numbers {
  packets: number;
  lost: number;
}

/**
 * Requests to the worker at a time. Each costs the process some 30 to 60 µs, so that this many hold up
 * a client for 2 ms at most.
 */
const atOnce = 32;

/**
 * Packets, losses and bytes, from the worker's statistics of each track and transport. It adds up what
 * is new since it last read, so that sums never shrink; of what has closed meanwhile it misses what
 * came after the last reading.
 */
export class MediaStats {
  readonly #open: Tally;
  readonly #totals = new Map<string, TrackTotals>();
  readonly #clientBytes = { received: 0, sent: 0 };
  /** What was read of each last: of a track by SSRC. */
  readonly #tracks = new WeakMap<object, ReadonlyMap<number, Numbers>>();
  readonly #bytes = new WeakMap<object, { received: number; sent: number }>();

  constructor(open: Tally) {
    this.#open = open;
  }

  /** One call at a time. */
  async read(): Promise<MediaTotals> {
    const { producers, consumers, webRtcTransports } = this.#open;
    await inBatches([...producers], (producer) => this.#readProducer(producer));
    await inBatches([...consumers], (consumer) => this.#readConsumer(consumer));
    await inBatches([...webRtcTransports], (transport) => this.#readTransport(transport));
    const tracks = [...this.#totals.values()].map((totals) => ({ ...totals }));
    return { tracks, clientBytes: { ...this.#clientBytes } };
  }

  async #readProducer(producer: types.Producer): Promise<void> {
    const stats = await producer.getStats();
    this.#add(producer, this.#totalsOf('received', producer), stats);
  }

  /** The statistics of a consumer name what it sends and, beside it, what its producer receives. */
  async #readConsumer(consumer: types.Consumer): Promise<void> {
    const stats = await consumer.getStats();
    const sent = stats.filter(({ type }) => type === 'outbound-rtp');
    this.#add(consumer, this.#totalsOf('sent', consumer), sent);
  }

  async #readTransport(transport: types.WebRtcTransport): Promise<void> {
    const [stats] = await transport.getStats();
    const last = this.#bytes.get(transport) ?? { received: 0, sent: 0 };
    const now = { received: stats?.bytesReceived ?? 0, sent: stats?.bytesSent ?? 0 };
    this.#bytes.set(transport, now);
    this.#clientBytes.received += now.received - last.received;
    this.#clientBytes.sent += now.sent - last.sent;
  }

  #totalsOf(
    direction: TrackTotals['direction'],
    track: types.Producer | types.Consumer,
  ): TrackTotals {
    const { kind } = track;
    const way = this.#open.ways.get(track) ?? 'client';
    const key = `${direction} ${kind} ${way}`;
    const known = this.#totals.get(key);
    const totals = known ?? { direction, kind, way, packets: 0, lost: 0 };
    this.#totals.set(key, totals);
    return totals;
  }

  #add(
    track: object,
    totals: TrackTotals,
    stats: readonly { ssrc: number; packetCount: number; packetsLost: number }[],
  ): void {
    const last = this.#tracks.get(track);
    const now = new Map<number, Numbers>();
    for (const { ssrc, packetCount: packets, packetsLost } of stats) {
      const before = last?.get(ssrc) ?? { packets: 0, lost: 0 };
      // One that comes late was counted as lost (RFC 3550, section 6.4.1): a sum that only grows waits.
      const lost = Math.max(packetsLost, before.lost);
      now.set(ssrc, { packets, lost });
      totals.packets += Math.max(0, packets - before.packets);
      totals.lost += lost - before.lost;
    }
    this.#tracks.set(track, now);
  }
}

/** What has closed meanwhile cannot be read any more, and need not be. */
async function inBatches<T>(
  things: readonly T[],
  read: (thing: T) => Promise<void>,
): Promise<void> {
  for (let first = 0; first < things.length; first += atOnce) {
    await Promise.allSettled(things.slice(first, first + atOnce).map(read));
  }
}
