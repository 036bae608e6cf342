import { Endpoint } from './endpoint.ts';
import type { DtlsRole, MediaListener, TransportParameters } from './endpoint.ts';
import { transportOf } from './sdp.ts';

/** As `RTCPeerConnection.connectionState` has them. */
export type ConnectionState = 'new' | 'connecting' | 'connected' | 'failed' | 'closed';

/** The transport of one session: it connects where the other side's descriptions say, and again after an ICE restart. */
export class SessionTransport {
  readonly endpoint: Endpoint;
  readonly #onConnected: () => void;
  #state: ConnectionState = 'new';
  /** Of the other side, by which its credentials are told apart. */
  #ufrag: string | undefined;

  private constructor(components: { endpoint: Endpoint }, options: { onConnected: () => void }) {
    this.endpoint = components.endpoint;
    this.#onConnected = options.onConnected;
  }

  static async create(
    options: { ip: string; role: DtlsRole; onConnected: () => void },
    listener: Omit<MediaListener, 'onGoodbye'>,
  ): Promise<SessionTransport> {
    const holder: { transport?: SessionTransport } = {};
    const endpoint = await Endpoint.create(options.ip, options.role, {
      onRtp: (packet) => listener.onRtp(packet),
      onRtcp: (packet) => listener.onRtcp(packet),
      onGoodbye: () => void holder.transport?.close(),
    });
    holder.transport = new SessionTransport({ endpoint }, options);
    return holder.transport;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get local(): TransportParameters {
    return this.endpoint.local;
  }

  /** Takes what a description of the other side says of its transport. */
  follow(sdp: string): void {
    const remote = transportOf(sdp);
    if (remote.ufrag === this.#ufrag || this.#state === 'closed') {
      return;
    }
    const isFirst = this.#ufrag === undefined;
    this.#ufrag = remote.ufrag;
    if (isFirst) {
      this.#state = 'connecting';
    }
    const connected = isFirst ? this.endpoint.connect(remote) : this.endpoint.reconnect(remote);
    connected.then(
      () => this.#onConnect(isFirst),
      () => this.#onFailure(),
    );
  }

  restartIce(): Promise<void> {
    return this.endpoint.restartIce();
  }

  /** Says goodbye where it is connected. Idempotent. */
  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      await this.endpoint.sayGoodbye();
    }
  }

  #onConnect(isFirst: boolean): void {
    if (this.#state === 'connecting') {
      this.#state = 'connected';
    }
    if (isFirst && this.#state === 'connected') {
      this.#onConnected();
    }
  }

  #onFailure(): void {
    if (this.#state !== 'closed') {
      this.#state = 'failed';
    }
  }
}
