import type { types } from 'mediasoup';
import type { Consumer, Producer, RtpParameters } from './media.ts';

/** Programs that read or write RTP run on this host, and nobody else is to send to them. */
export const loopback = '127.0.0.1';

interface Parts {
  capabilities: types.RtpCapabilities;
  produce: (track: { kind: 'audio' | 'video'; rtpParameters: RtpParameters }) => Promise<Producer>;
  consumerOf: (consumer: types.Consumer) => Consumer;
}

/** RTP and RTCP share a port (RFC 5761); the other end is named, or learnt from its first packet. */
export function createPlainTransport(
  router: types.Router,
  ports: { min: number; max: number },
): Promise<types.PlainTransport> {
  return router.createPlainTransport({
    listenInfo: { protocol: 'udp', ip: loopback, portRange: ports },
    rtcpMux: true,
    comedia: false,
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
