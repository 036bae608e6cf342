import { createWorker, setLogEventListeners } from 'mediasoup';
import type { types } from 'mediasoup';
import { RizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import { createPlainTransport, PlainTransport } from './engine-plain.ts';
import type { AudioListener } from './engine-audio.ts';
import { AudioObserver } from './engine-audio.ts';
import type { Sections } from './engine-sections.ts';
import { sectionsOf } from './engine-sections.ts';
import type { MediaTotals } from './engine-stats.ts';
import { MediaStats } from './engine-stats.ts';
import { mediaCodecs } from './media-codecs.ts';
import type { Tally } from './engine-transports.ts';
import { consumerOf, count, PipeTransport, produce, WebRtcTransport } from './engine-transports.ts';
import type { Capabilities } from './media.ts';

export interface EngineOptions {
  /** Where clients and other processes reach this one; `announcedIp` is what they are told. */
  ip: string;
  announcedIp: string | undefined;
  /** Another address at which clients reach it. */
  clientIp: string | undefined;
  ports: { min: number; max: number };
  /** The worker's program; mediasoup's own where it is undefined. */
  workerBin: string | undefined;
}

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
  /** All that a section of either kind may ever carry, under the numbers that it will have. */
  readonly sections: Sections;
  readonly #worker: types.Worker;
  readonly #server: types.WebRtcServer;
  readonly #router: types.Router;
  readonly #options: EngineOptions;
  readonly #open: Tally = {
    producers: new Set(),
    consumers: new Set(),
    webRtcTransports: new Set(),
    pipeTransports: new Set(),
    ways: new WeakMap(),
  };
  readonly #stats = new MediaStats(this.#open);
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
    const { rtpCapabilities } = components.router;
    this.capabilities = capabilitiesOf(rtpCapabilities);
    this.sections = sectionsOf(rtpCapabilities);
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
      listenInfos: addressesFor(options),
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

  /** A way to a program of this host, or from it, for one track; it `learns` where the program sends from. */
  async plainTransport(options: { learns: boolean }): Promise<PlainTransport> {
    const { ports } = this.#options;
    const transport = await this.#make(() =>
      createPlainTransport(this.#router, { ports, ...options }),
    );
    return new PlainTransport(transport, {
      capabilities: this.#router.rtpCapabilities,
      produce: (track) => produce(transport, this.#router, this.#open, track),
      consumerOf: (consumer) => consumerOf(consumer, transport, this.#open),
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

  /** What has gone through the worker; asks it for each track, one call at a time. */
  mediaTotals(): Promise<MediaTotals> {
    return this.#stats.read();
  }

  /** Begins to listen to whatever tracks it is given. */
  observeAudio(listener: AudioListener): Promise<AudioObserver> {
    return AudioObserver.create(this.#router, listener);
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

/** Where clients reach the worker, the preferred first. */
function addressesFor(options: EngineOptions): types.TransportListenInfo[] {
  const { clientIp: ip } = options;
  const other = ip === undefined ? [] : [{ ...options, ip, announcedIp: undefined }];
  return [options, ...other].flatMap((each) => [listenInfo(each, 'udp'), listenInfo(each, 'tcp')]);
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
