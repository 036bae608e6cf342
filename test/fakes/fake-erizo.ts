import type { ZmqListener } from '../../nodes/link/zmq-listener.ts';
import type { ZmqSockets } from '../../nodes/link/zmq-sockets.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Handlers, ParamsOf } from '../../protocol/contract.ts';
import type {
  ControllerToErizo,
  ErizoToController,
} from '../../protocol/contracts/controller-erizo.ts';
import {
  controllerToErizo,
  erizoToController,
  Hello,
} from '../../protocol/contracts/controller-erizo.ts';
import type { RecordingEnd } from '../../protocol/contracts/external-media.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { parseJson } from '../../protocol/parse.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';

type Peer = RpcPeer<ErizoToController, ControllerToErizo>;

interface Negotiation {
  clientId: string;
  streamId: string;
  settle: PromiseWithResolvers<{ type: 'ready' }>;
}

const rtpStats = {
  ...{ ssrc: 7, kind: 'video' as const, bitrate_bps: 8_000, packets: 1, bytes: 1_000, jitter: 3 },
  ...{ packetsLost: 0, fractionLost: 0, nacks: 1, plis: 2, firs: 0 },
};

export const badSdp = 'v=0 but not SDP';

/** An ErizoJS process without media: the real contract over a real link, media flows after an SDP. */
export class FakeErizo {
  readonly erizoId = crypto.randomUUID();
  /** Every call that arrived, in order. */
  readonly calls: { method: string; params: unknown }[] = [];
  readonly hellos: string[] = [];
  /** The next addPublisher or addSubscriber calls end so. */
  readonly failNext: ErrorCode[] = [];
  /** It hears keepAlive and answers nothing. */
  hung = false;
  /** It hears what clients say of their connections and answers nothing. */
  silent = false;
  /** Recordings end so before it says that they have begun. */
  endsEarly: RecordingEnd | undefined;
  #listener: ZmqListener | undefined;
  readonly #links = new Set<Link>();
  readonly #peers = new Set<Peer>();
  readonly #negotiations = new Map<string, Negotiation>();
  readonly #clock: Clock;

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  static async create(components: { clock: Clock; zmq: ZmqSockets }): Promise<FakeErizo> {
    const erizo = new FakeErizo(components);
    erizo.#listener = await components.zmq.listen({
      ip: '127.0.0.1',
      onLink: (link, hello) => erizo.#attach(link, hello),
    });
    return erizo;
  }

  get endpoint(): string {
    return this.#listener?.endpoint ?? '';
  }

  paramsOf<M extends keyof ControllerToErizo>(method: M): ParamsOf<ControllerToErizo, M>[] {
    const calls = this.calls.filter((call) => call.method === method);
    return calls.map((call) => call.params as ParamsOf<ControllerToErizo, M>);
  }

  streamFailed(failure: ParamsOf<ErizoToController, 'streamFailed'>): void {
    for (const peer of this.#peers) {
      peer.notify('streamFailed', failure);
    }
  }

  inputEnded(ended: ParamsOf<ErizoToController, 'inputEnded'>): void {
    for (const peer of this.#peers) {
      peer.notify('inputEnded', ended);
    }
  }

  recordingEnded(ended: ParamsOf<ErizoToController, 'recordingEnded'>): void {
    for (const peer of this.#peers) {
      peer.notify('recordingEnded', ended);
    }
  }

  layersWanted(news: ParamsOf<ErizoToController, 'layersWanted'>): void {
    for (const peer of this.#peers) {
      peer.notify('layersWanted', news);
    }
  }

  bandwidthAlert(news: ParamsOf<ErizoToController, 'bandwidthAlert'>): void {
    for (const peer of this.#peers) {
      peer.notify('bandwidthAlert', news);
    }
  }

  qualityLevel(news: ParamsOf<ErizoToController, 'qualityLevel'>): void {
    for (const peer of this.#peers) {
      peer.notify('qualityLevel', news);
    }
  }

  videosShown(news: ParamsOf<ErizoToController, 'videosShown'>): void {
    for (const peer of this.#peers) {
      peer.notify('videosShown', news);
    }
  }

  activeSpeaker(news: ParamsOf<ErizoToController, 'activeSpeaker'>): void {
    for (const peer of this.#peers) {
      peer.notify('activeSpeaker', news);
    }
  }

  audioLevels(news: ParamsOf<ErizoToController, 'audioLevels'>): void {
    for (const peer of this.#peers) {
      peer.notify('audioLevels', news);
    }
  }

  /** The process is gone: its links break. */
  async die(): Promise<void> {
    await this.#listener?.close();
  }

  #attach(link: Link, hello: string): void {
    this.hellos.push(parseJson(Hello, hello, 'hello').id);
    this.#links.add(link);
    const peer: Peer = RpcPeer.create(
      { link, clock: this.#clock, handlers: this.#handlers(() => peer) },
      {
        outgoing: erizoToController,
        incoming: controllerToErizo,
        onEnd: () => this.#peers.delete(peer),
      },
    );
    this.#peers.add(peer);
  }

  #handlers(peer: () => Peer): Handlers<ControllerToErizo> {
    const seen = (method: string, params: unknown): null => {
      this.calls.push({ method, params });
      return null;
    };
    return {
      keepAlive: () => (this.hung ? new Promise(() => undefined) : Promise.resolve(null)),
      addPublisher: async (params, { part }) => {
        seen('addPublisher', params);
        this.#failIfWanted();
        const { connectionId, ready } = this.#open(params);
        part({ type: 'initializing', connectionId });
        return ready;
      },
      addSubscriber: async (params, { part }) => {
        seen('addSubscriber', params);
        const { clientId } = params;
        const { connectionId, ready } = this.#open(params);
        part({ type: 'initializing', connectionId });
        // The stream is pulled between the two, which may fail.
        this.#failIfWanted();
        const msg = { type: 'offer' as const, sdp: `offer of ${params.streamId}` };
        peer().notify('connectionMessage', { clientId, connectionId, msg });
        return ready;
      },
      restoreConnection: async (params) => {
        seen('restoreConnection', params);
        const { clientId, connectionId, last } = params;
        if (last !== undefined) {
          const msg = { type: 'offer' as const, sdp: `offer anew of ${last}` };
          peer().notify('connectionMessage', { clientId, connectionId, msg });
        }
        return null;
      },
      prepareSubscriber: async (params) => {
        seen('prepareSubscriber', params);
        return { connectionId: crypto.randomUUID() };
      },
      pullAhead: (params) => {
        seen('pullAhead', params);
      },
      keepUpstreams: (params) => {
        seen('keepUpstreams', params);
      },
      reroute: async (params) => seen('reroute', params),
      removePublisher: async (params) => seen('removePublisher', params),
      removeSubscriber: async (params) => seen('removeSubscriber', params),
      removeClient: async (params) => seen('removeClient', params),
      processConnectionMessage: async (params) => {
        seen('processConnectionMessage', params);
        this.#negotiate(params, peer());
        return null;
      },
      processStreamMessage: async (params) => seen('processStreamMessage', params),
      setClientBandwidth: async (params) => seen('setClientBandwidth', params),
      setLastN: async (params) => seen('setLastN', params),
      getStreamStats: async (params) => {
        seen('getStreamStats', params);
        return { publisher: [rtpStats], subscribers: { [crypto.randomUUID()]: [rtpStats] } };
      },
      addExternalInput: async (params) => {
        seen('addExternalInput', params);
        this.#failIfWanted();
        return { audio: params.audio, video: false };
      },
      addExternalOutput: async (params) => {
        seen('addExternalOutput', params);
        this.#failIfWanted();
        const { recordingId } = params;
        if (this.endsEarly !== undefined) {
          peer().notify('recordingEnded', { recordingId, end: this.endsEarly });
        }
        return null;
      },
      removeExternalOutput: async (params) => {
        seen('removeExternalOutput', params);
        return { why: 'stopped', duration_ms: 20_000, size_bytes: 1_000 };
      },
      counters: () => Promise.reject(new RizomaError('unavailable', 'nothing is counted here')),
    };
  }

  #failIfWanted(): void {
    const code = this.failNext.shift();
    if (code !== undefined) {
      throw new RizomaError(code, `as the test wants it: ${code}`);
    }
  }

  #open(params: {
    clientId: string;
    streamId: string;
    options: { restored?: string | undefined };
  }): {
    connectionId: string;
    ready: Promise<{ type: 'ready' }>;
  } {
    const { clientId, streamId, options } = params;
    const connectionId = options.restored ?? crypto.randomUUID();
    const settle = Promise.withResolvers<{ type: 'ready' }>();
    this.#negotiations.set(connectionId, { clientId, streamId, settle });
    return { connectionId, ready: settle.promise };
  }

  #negotiate(params: ParamsOf<ControllerToErizo, 'processConnectionMessage'>, peer: Peer): void {
    const { clientId, connectionId, msg } = params;
    const negotiation = this.#negotiations.get(connectionId);
    if (negotiation?.clientId !== clientId) {
      throw new RizomaError('not_found', 'there is no such connection');
    }
    if (this.silent || msg.type === 'offer-error' || msg.type === 'failed') {
      return;
    }
    if (msg.sdp === badSdp) {
      const error = new RizomaError('sdp_malformed', 'the SDP does not parse');
      negotiation.settle.reject(error);
      throw error;
    }
    if (msg.type === 'offer') {
      const answer = { type: 'answer' as const, sdp: `answer of ${negotiation.streamId}` };
      peer.notify('connectionMessage', { clientId, connectionId, msg: answer });
    }
    negotiation.settle.resolve({ type: 'ready' });
  }
}
