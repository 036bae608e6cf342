import type { Clock } from '../../protocol/clock.ts';
import type { RtpStats } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Client } from './client.ts';
import { defaults } from './defaults.ts';
import type { RoomParts } from './room-parts.ts';

/** What Licode's clients are told of an RTP stream, in the names that they know. */
interface SsrcStats {
  type: 'audio' | 'video';
  ssrc: number;
  bitrateCalculated: number;
  packetsSent: number;
  bytesSent: number;
  packetsLost: number;
  fractionLost: number;
  jitter?: number;
  NACK: number;
  PLI: number;
  FIR: number;
}

/** By SSRC, and `total`. */
type PeerStats = Record<string, SsrcStats | { bitrateCalculated: number }>;

/** By `publisher`, and by the ids of the clients that receive it. */
export type StreamStats = Record<string, PeerStats>;

/**
 * What goes through the processes of the room here (Licode: `onGetStreamStats`): `publisher` is the
 * stream as it comes to this region. Each stream is measured once in a while, however many ask.
 */
export class RoomStats {
  readonly #parts: RoomParts;
  readonly #clock: Clock;
  readonly #measured = new Map<string, Promise<StreamStats>>();

  constructor(components: { parts: RoomParts; clock: Clock }) {
    this.#parts = components.parts;
    this.#clock = components.clock;
  }

  /** Throws `unauthorized`, and `not_found` for a stream that is not in the room. */
  async of(client: Client, streamId: string): Promise<StreamStats> {
    client.demand('stats', {});
    if (this.#parts.streams.get(streamId) === undefined) {
      throw new RizomaError('not_found', `stream ${streamId} does not exist`);
    }
    const known = this.#measured.get(streamId);
    if (known !== undefined) {
      return known;
    }
    const measuring = this.#measure(streamId);
    this.#measured.set(streamId, measuring);
    this.#clock.after(defaults.statsPeriod_ms, () => this.#measured.delete(streamId));
    return measuring;
  }

  async #measure(streamId: string): Promise<StreamStats> {
    const { roomId, erizos } = this.#parts;
    const asked = erizos.live.map(({ rpc }) => rpc.call('getStreamStats', { roomId, streamId }));
    const stats: StreamStats = {};
    // A process that does not answer has nothing to say.
    for (const outcome of await Promise.allSettled(asked)) {
      if (outcome.status !== 'fulfilled') {
        continue;
      }
      const { publisher, subscribers } = outcome.value;
      if (publisher !== undefined) {
        stats['publisher'] ??= peerStats(publisher);
      }
      for (const [clientId, sent] of Object.entries(subscribers)) {
        stats[clientId] = peerStats(sent);
      }
    }
    return stats;
  }
}

function peerStats(all: readonly RtpStats[]): PeerStats {
  const bitrateCalculated = all.reduce((sum, { bitrate_bps }) => sum + bitrate_bps, 0);
  const bySsrc = all.map((one) => [String(one.ssrc), ssrcStats(one)] as const);
  return { ...Object.fromEntries(bySsrc), total: { bitrateCalculated } };
}

function ssrcStats(one: RtpStats): SsrcStats {
  return {
    type: one.kind,
    ssrc: one.ssrc,
    bitrateCalculated: one.bitrate_bps,
    packetsSent: one.packets,
    bytesSent: one.bytes,
    packetsLost: one.packetsLost,
    fractionLost: one.fractionLost,
    ...(one.jitter === undefined ? {} : { jitter: one.jitter }),
    NACK: one.nacks,
    PLI: one.plis,
    FIR: one.firs,
  };
}
