import type { types } from 'mediasoup';
import type { Consumer, Producer, RtpParameters } from './media.ts';

/** Programs that read or write RTP run on this host, and nobody else is to send to them. */
export const loopback = '127.0.0.1';

interface Parts {
  capabilities: types.RtpCapabilities;
  produce: (track: { kind: 'audio' | 'video'; rtpParameters: RtpParameters }) => Promise<Producer>;
  consumerOf: (consumer: types.Consumer) => Consumer;
}

/**
 * To a program RTP and RTCP share a port (RFC 5761), which is named. From one each has its own, as ffmpeg
 * sends them from two, and the program's ports are learnt from its first packets.
 */
export function createPlainTransport(
  router: types.Router,
  options: { ports: { min: number; max: number }; learns: boolean },
): Promise<types.PlainTransport> {
  return router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: loopback, portRange: options.ports },
    rtcpMux: !options.learns,
    comedia: options.learns,
  });
}

/** One track's way to or from a program on this host: RTP without encryption, on loopback alone. */
export class PlainTransport {
  readonly #transport: types.PlainTransport;
  readonly #parts: Parts;

  constructor(transport: types.PlainTransport, parts: Parts) {
    this.#transport = transport;
    this.#parts = parts;
  }

  /** Where the program may send to. */
  get port(): number {
    return this.#transport.tuple.localPort;
  }

  get rtcpPort(): number {
    return this.#transport.rtcpTuple?.localPort ?? this.port;
  }

  async connect(port: number): Promise<void> {
    await this.#transport.connect({ ip: loopback, port });
  }

  /** Begins paused. What is sent twice and what browsers add to packets is left out. */
  async consume(producerId: string): Promise<Consumer> {
    const codecs = (this.#parts.capabilities.codecs ?? [])
      .filter(({ mimeType }) => !mimeType.toLowerCase().endsWith('/rtx'))
      .map((codec) => ({ ...codec, rtcpFeedback: [] }));
    const consumer = await this.#transport.consume({
      producerId,
      rtpCapabilities: { codecs, headerExtensions: [] },
      paused: true,
    });
    return this.#parts.consumerOf(consumer);
  }

  produce(track: { kind: 'audio' | 'video'; rtpParameters: RtpParameters }): Promise<Producer> {
    return this.#parts.produce(track);
  }

  close(): void {
    this.#transport.close();
  }
}
