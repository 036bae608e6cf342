import { createWorker, setLogEventListeners } from 'mediasoup';
import type { types } from 'mediasoup';
import { PipeEndpoint, RtpParameters as RtpSchema } from '../../protocol/contracts/erizo-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { parse } from '../../protocol/parse.ts';
import type { Log } from '../log.ts';
import { mediaCodecs } from './media-codecs.ts';
import type {
  Capabilities,
  Consumer,
  Fingerprint,
  LocalTransport,
  Producer,
  RtpParameters,
} from './media.ts';

export interface EngineOptions {
  /** Where clients and other processes reach this one; `announcedIp` is what they are told. */
  ip: string;
  announcedIp: string | undefined;
  ports: { min: number; max: number };
  /** The worker's program; mediasoup's own where it is undefined. */
  workerBin: string | undefined;
}

export type TransportState = 'connected' | 'ended';

/** What is open in the worker. */
export interface EngineCounts {
  producers: number;
  consumers: number;
  webRtcTransports: number;
  pipeTransports: number;
  pipeBytesReceived: number;
  pipeBytesSent: number;
}

/** The media of a process: one mediasoup worker, one port for all clients, one router. */
export class Engine {
  readonly capabilities: Capabilities;
  readonly #worker: types.Worker;
  readonly #server: types.WebRtcServer;
  readonly #router: types.Router;
  readonly #options: EngineOptions;
  readonly #open: Tally = {
    producers: new Set(),
    consumers: new Set(),
    webRtcTransports: new Set(),
    pipeTransports: new Set(),
  };
  /** Bytes of the pipes that are closed. */
  readonly #closedBytes = { received: 0, sent: 0 };

  private constructor(
    components: { worker: types.Worker; server: types.WebRtcServer; router: types.Router },
    options: EngineOptions,
  ) {
    this.#worker = components.worker;
    this.#server = components.server;
    this.#router = components.router;
    this.#options = options;
    this.capabilities = capabilitiesOf(components.router.rtpCapabilities);
  }

  /** Starts a worker. `onDied` is called where it ends by itself: all that is open in it is gone. */
  static async create(
    components: { log: Log },
    options: EngineOptions & { onDied: () => void },
  ): Promise<Engine> {
    const { log } = components;
    setLogEventListeners({
      onwarn: (namespace, text) => log.debug({ namespace }, text),
      // The worker's errors are those of single requests, which their callers hear of as well.
      onerror: (namespace, text) => log.warn({ namespace }, text),
    });
    const { workerBin } = options;
    const worker = await createWorker({
      logLevel: 'error',
      ...(workerBin === undefined ? {} : { workerBin }),
    });
    worker.on('died', options.onDied);
    const router = await worker.createRouter({ mediaCodecs });
    const server = await worker.createWebRtcServer({
      listenInfos: (['udp', 'tcp'] as const).map((protocol) => listenInfo(options, protocol)),
    });
    return new Engine({ worker, server, router }, options);
  }

  async webRtcTransport(): Promise<WebRtcTransport> {
    const transport = await this.#make(() =>
      this.#router.createWebRtcTransport({
        webRtcServer: this.#server,
        enableUdp: true,
        enableTcp: true,
        preferUdp: true,
        initialAvailableOutgoingBitrate: 1_000_000,
      }),
    );
    count(this.#open.webRtcTransports, transport);
    return new WebRtcTransport(transport, this.#router, this.#open);
  }

  async pipeTransport(): Promise<PipeTransport> {
    const transport = await this.#make(() =>
      this.#router.createPipeTransport({
        listenInfo: listenInfo(this.#options, 'udp'),
        enableSrtp: true,
        enableRtx: true,
      }),
    );
    count(this.#open.pipeTransports, transport);
    const address = this.#options.announcedIp ?? this.#options.ip;
    return new PipeTransport(transport, this.#router, this.#open, {
      address,
      onBytes: (received, sent) => {
        this.#closedBytes.received += received;
        this.#closedBytes.sent += sent;
      },
    });
  }

  async counts(): Promise<EngineCounts> {
    const pipes = [...this.#open.pipeTransports];
    // A pipe that closes meanwhile is counted with the closed ones.
    const stats = await Promise.allSettled(pipes.map((pipe) => pipe.getStats()));
    const bytes = { ...this.#closedBytes };
    for (const [index, outcome] of stats.entries()) {
      const pipe = pipes[index];
      if (outcome.status === 'fulfilled' && pipe !== undefined && !pipe.closed) {
        bytes.received += outcome.value[0]?.bytesReceived ?? 0;
        bytes.sent += outcome.value[0]?.bytesSent ?? 0;
      }
    }
    return {
      producers: this.#open.producers.size,
      consumers: this.#open.consumers.size,
      webRtcTransports: this.#open.webRtcTransports.size,
      pipeTransports: this.#open.pipeTransports.size,
      pipeBytesReceived: bytes.received,
      pipeBytesSent: bytes.sent,
    };
  }

  get pipes(): number {
    return this.#open.pipeTransports.size;
  }

  get consumers(): number {
    return this.#open.consumers.size;
  }

  /** CPU time of the worker since it started, in milliseconds. */
  async cpu_ms(): Promise<number> {
    const usage = await this.#worker.getResourceUsage();
    return usage.ru_utime + usage.ru_stime;
  }

  close(): void {
    this.#worker.close();
  }

  async #make<T>(create: () => Promise<T>): Promise<T> {
    try {
      return await create();
    } catch (cause) {
      throw new RizomaError('overloaded', 'no transport can be opened here: are ports free?', {
        cause,
      });
    }
  }
}

interface Tally {
  producers: Set<types.Producer>;
  consumers: Set<types.Consumer>;
  webRtcTransports: Set<types.WebRtcTransport>;
  pipeTransports: Set<types.PipeTransport>;
}

function count<T extends { observer: { once(event: 'close', run: () => void): unknown } }>(
  open: Set<T>,
  thing: T,
): void {
  open.add(thing);
  thing.observer.once('close', () => open.delete(thing));
}

function listenInfo(options: EngineOptions, protocol: 'udp' | 'tcp'): types.TransportListenInfo {
  const { ip, announcedIp, ports } = options;
  return {
    protocol,
    ip,
    portRange: ports,
    ...(announcedIp === undefined ? {} : { announcedAddress: announcedIp }),
  };
}

/** The abilities of a router in our words. */
export function capabilitiesOf(capabilities: types.RtpCapabilities): Capabilities {
  return {
    codecs: (capabilities.codecs ?? []).map((codec) => ({
      kind: codec.kind,
      mimeType: codec.mimeType,
      clockRate: codec.clockRate,
      channels: codec.channels,
      parameters: codec.parameters ?? {},
      feedback: codec.rtcpFeedback ?? [],
    })),
    extensions: (capabilities.headerExtensions ?? []).map((extension) => ({
      kind: extension.kind,
      uri: extension.uri,
      direction: extension.direction ?? 'sendrecv',
    })),
  };
}

/** Opens a track into the worker. Throws `sdp_malformed` where it cannot be what it says it is. */
async function produce(
  transport: types.Transport,
  router: types.Router,
  open: Tally,
  track: { id?: string; kind: 'audio' | 'video'; rtpParameters: RtpParameters },
): Promise<Producer> {
  const known = router.rtpCapabilities.headerExtensions ?? [];
  const headerExtensions = (track.rtpParameters.headerExtensions ?? []).flatMap((extension) => {
    const uri = known.find((one) => one.uri === extension.uri)?.uri;
    return uri === undefined ? [] : [{ ...extension, uri }];
  });
  try {
    const producer = await transport.produce({
      ...track,
      rtpParameters: { ...track.rtpParameters, headerExtensions },
      ...(track.kind === 'video' ? { keyFrameRequestDelay: limits.keyFrameRequest_ms } : {}),
    });
    count(open.producers, producer);
    return producer;
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

/** Higher than any: the worker takes the highest that there is. */
const topLayer = 7;

function keyFramesOf(consumer: types.Consumer, listener: () => void): () => void {
  const onTrace = (trace: types.ConsumerTraceEventData): void => {
    if (trace.type === 'keyframe') {
      listener();
    }
  };
  const watch = (events: types.ConsumerTraceEventType[]): void => {
    // A consumer that is closed is traced no more.
    consumer.enableTraceEvent(events).catch(() => undefined);
  };
  consumer.on('trace', onTrace);
  watch(['keyframe']);
  return () => {
    consumer.off('trace', onTrace);
    watch([]);
  };
}

function consumerOf(consumer: types.Consumer, open: Tally): Consumer {
  count(open.consumers, consumer);
  return {
    producerId: consumer.producerId,
    kind: consumer.kind,
    rtpParameters: parse(RtpSchema, consumer.rtpParameters, 'rtpParameters', 'internal'),
    pause: () => consumer.pause(),
    resume: () => consumer.resume(),
    setLayers: ({ spatial, temporal }) =>
      consumer.setPreferredLayers({
        spatialLayer: spatial ?? topLayer,
        temporalLayer: temporal ?? topLayer,
      }),
    onKeyFrame: (listener) => keyFramesOf(consumer, listener),
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

  /** Calls `listener` when ICE and DTLS are up, and when either has ended by itself. */
  watch(listener: (state: TransportState) => void): void {
    this.#transport.on('dtlsstatechange', (state) => {
      if (state === 'connected') {
        listener('connected');
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
    return consumerOf(consumer, this.#open);
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
    id: string;
    kind: 'audio' | 'video';
    rtpParameters: RtpParameters;
  }): Promise<Producer> {
    return produce(this.#transport, this.#router, this.#open, track);
  }

  async consume(producerId: string): Promise<Consumer> {
    return consumerOf(await this.#transport.consume({ producerId }), this.#open);
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
