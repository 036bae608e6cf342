import type { types } from 'mediasoup';
import type { RtpStats } from '../../protocol/contracts/controller-erizo.ts';
import { PipeEndpoint } from '../../protocol/contracts/erizo-erizo.ts';
import { RtpParameters as RtpSchema } from '../../protocol/contracts/rtp-parameters.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import { layersOf } from './engine-layers.ts';
import { tapOf } from './engine-tap.ts';
import { Trace } from './engine-trace.ts';
import type { Consumer, Fingerprint, LocalTransport, Producer, RtpParameters } from './media.ts';

/** `connecting`: ICE is up, and DTLS has begun. */
export type TransportState = 'connecting' | 'connected' | 'ended';

/** Between us and a client, over a pipe, or between us and a program on this host. */
export type Way = 'client' | 'pipe' | 'program';

/** What is open in the worker. */
export interface Tally {
  producers: Set<types.Producer>;
  consumers: Set<types.Consumer>;
  webRtcTransports: Set<types.WebRtcTransport>;
  pipeTransports: Set<types.PipeTransport>;
  /** Which way each track comes or goes, which it does not say itself. */
  ways: WeakMap<types.Producer | types.Consumer, Way>;
}

export function count<T extends { observer: { once(event: 'close', run: () => void): unknown } }>(
  open: Set<T>,
  thing: T,
): void {
  open.add(thing);
  thing.observer.once('close', () => open.delete(thing));
}

function wayOf({ type }: types.Transport): Way {
  return type === 'pipe' ? 'pipe' : type === 'webrtc' ? 'client' : 'program';
}

/** Opens a track into the worker. Throws `sdp_malformed` where it cannot be what it says it is. */
export async function produce(
  transport: types.Transport,
  router: types.Router,
  open: Tally,
  track: { trackId?: string; kind: 'audio' | 'video'; rtpParameters: RtpParameters },
): Promise<Producer> {
  const { trackId, ...rest } = track;
  const known = router.rtpCapabilities.headerExtensions ?? [];
  const headerExtensions = (track.rtpParameters.headerExtensions ?? []).flatMap((extension) => {
    const uri = known.find((one) => one.uri === extension.uri)?.uri;
    return uri === undefined ? [] : [{ ...extension, uri }];
  });
  try {
    const producer = await transport.produce({
      ...rest,
      rtpParameters: { ...track.rtpParameters, headerExtensions },
      ...(track.kind === 'video' ? { keyFrameRequestDelay: limits.keyFrameRequest_ms } : {}),
    });
    count(open.producers, producer);
    open.ways.set(producer, wayOf(transport));
    return producerOf(producer, router, trackId);
  } catch (cause) {
    throw new RizomaError(
      'sdp_malformed',
      `the ${track.kind} track cannot be received as described`,
      {
        cause,
      },
    );
  }
}

function producerOf(producer: types.Producer, router: types.Router, trackId?: string): Producer {
  const trace = new Trace(producer);
  return {
    id: producer.id,
    trackId: trackId ?? producer.id,
    kind: producer.kind,
    pause: () => producer.pause(),
    resume: () => producer.resume(),
    stats: async () => (await producer.getStats()).map(rtpStatsOf),
    onKeyFrame: (listener) => trace.on('keyframe', listener),
    layers: () => layersOf(producer),
    tap: () => tapOf(producer, router),
    close: () => producer.close(),
  };
}

function rtpStatsOf(stat: types.ProducerStat | types.ConsumerStat): RtpStats {
  return {
    ssrc: stat.ssrc,
    kind: stat.kind === 'audio' ? 'audio' : 'video',
    bitrate_bps: stat.bitrate,
    packets: stat.packetCount,
    bytes: stat.byteCount,
    packetsLost: stat.packetsLost,
    fractionLost: stat.fractionLost,
    ...(stat.type === 'inbound-rtp' ? { jitter: stat.jitter } : {}),
    nacks: stat.nackCount,
    plis: stat.pliCount,
    firs: stat.firCount,
  };
}

export function consumerOf(
  consumer: types.Consumer,
  transport: types.Transport,
  open: Tally,
): Consumer {
  count(open.consumers, consumer);
  open.ways.set(consumer, wayOf(transport));
  const trace = new Trace(consumer);
  return {
    kind: consumer.kind,
    rtpParameters: parse(RtpSchema, consumer.rtpParameters, 'rtpParameters', 'internal'),
    pause: () => consumer.pause(),
    resume: () => consumer.resume(),
    requestKeyFrame: () => consumer.requestKeyFrame(),
    setLayers: ({ spatial, temporal }) =>
      consumer.setPreferredLayers({ spatialLayer: spatial, temporalLayer: temporal }),
    setPriority: (weight) => consumer.setPriority(weight),
    onKeyFrame: (listener) => trace.on('keyframe', listener),
    onFirstPacket: (listener) => trace.once('rtp', listener),
    stats: async () => {
      const all: (types.ConsumerStat | types.ProducerStat)[] = await consumer.getStats();
      return all.filter(({ type }) => type === 'outbound-rtp').map(rtpStatsOf);
    },
    close: () => consumer.close(),
  };
}

/** A connection of a client, as far as the worker has it. */
export class WebRtcTransport {
  readonly #transport: types.WebRtcTransport;
  readonly #router: types.Router;
  readonly #open: Tally;

  constructor(transport: types.WebRtcTransport, router: types.Router, open: Tally) {
    this.#transport = transport;
    this.#router = router;
    this.#open = open;
  }

  get local(): LocalTransport {
    const { iceParameters, iceCandidates, dtlsParameters } = this.#transport;
    const fingerprint = dtlsParameters.fingerprints.find((one) => one.algorithm === 'sha-256');
    if (fingerprint === undefined) {
      throw new RizomaError('internal', 'the worker has no SHA-256 fingerprint');
    }
    return {
      ice: { ufrag: iceParameters.usernameFragment, pwd: iceParameters.password },
      fingerprint,
      candidates: iceCandidates,
    };
  }

  /** Calls `listener` when ICE is up, when DTLS is too, and when either has ended by itself. */
  watch(listener: (state: TransportState) => void): void {
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'connecting' || state === 'connected') {
        listener(state);
      } else if (state === 'failed' || state === 'closed') {
        listener('ended');
      }
    });
    // Consent has run out, or the one TCP connection is gone (RFC 7675).
    this.#transport.on('icestatechange', (state) => {
      if (state === 'disconnected' || state === 'closed') {
        listener('ended');
      }
    });
  }

  async connect(fingerprint: Fingerprint, remoteRole: 'client' | 'server'): Promise<void> {
    await this.#transport.connect({
      dtlsParameters: { role: remoteRole, fingerprints: [fingerprint] },
    });
  }

  /** What all its streams may take together; 0 is as much as goes. */
  async limitOutgoing(bitrate_bps: number): Promise<void> {
    await this.#transport.setMaxOutgoingBitrate(bitrate_bps);
  }

  /** What it is estimated to carry, and the share of packets that are lost; where its client says so. */
  async measure(): Promise<{
    available_bps: number | undefined;
    lossSent: number | undefined;
    lossReceived: number | undefined;
  }> {
    const [stats] = await this.#transport.getStats();
    return {
      available_bps: stats?.availableOutgoingBitrate,
      lossSent: stats?.rtpPacketLossSent,
      lossReceived: stats?.rtpPacketLossReceived,
    };
  }

  async restartIce(): Promise<void> {
    await this.#transport.restartIce();
  }

  produce(track: { kind: 'audio' | 'video'; rtpParameters: RtpParameters }): Promise<Producer> {
    return produce(this.#transport, this.#router, this.#open, track);
  }

  async consume(producerId: string, options: { mid: string; paused: boolean }): Promise<Consumer> {
    const consumer = await this.#transport.consume({
      producerId,
      rtpCapabilities: this.#router.rtpCapabilities,
      ...options,
    });
    return consumerOf(consumer, this.#transport, this.#open);
  }

  close(): void {
    this.#transport.close();
  }
}

/** One end of an SRTP pipe to another worker. */
export class PipeTransport {
  readonly #transport: types.PipeTransport;
  readonly #router: types.Router;
  readonly #open: Tally;
  readonly #options: { address: string; onBytes: (received: number, sent: number) => void };

  constructor(
    transport: types.PipeTransport,
    router: types.Router,
    open: Tally,
    options: { address: string; onBytes: (received: number, sent: number) => void },
  ) {
    this.#transport = transport;
    this.#router = router;
    this.#open = open;
    this.#options = options;
  }

  /** What the other end needs to know of this one. */
  get endpoint(): PipeEndpoint {
    const { tuple, srtpParameters } = this.#transport;
    const endpoint = { ip: this.#options.address, port: tuple.localPort, srtp: srtpParameters };
    return parse(PipeEndpoint, endpoint, 'pipe endpoint', 'internal');
  }

  async connect(remote: PipeEndpoint): Promise<void> {
    const { ip, port, srtp } = remote;
    await this.#transport.connect({ ip, port, srtpParameters: srtp });
  }

  produce(track: {
    trackId: string;
    kind: 'audio' | 'video';
    rtpParameters: RtpParameters;
  }): Promise<Producer> {
    return produce(this.#transport, this.#router, this.#open, track);
  }

  async consume(producerId: string): Promise<Consumer> {
    const consumer = await this.#transport.consume({ producerId });
    return consumerOf(consumer, this.#transport, this.#open);
  }

  /** The worker counts the bytes before it closes the pipe: it takes its requests in order. */
  close(): void {
    if (this.#transport.closed) {
      return;
    }
    const lastStats = this.#transport.getStats();
    this.#transport.close();
    lastStats
      .then(([stats]) => this.#options.onBytes(stats?.bytesReceived ?? 0, stats?.bytesSent ?? 0))
      // The worker is gone, and its bytes with it.
      .catch(() => undefined);
  }
}
