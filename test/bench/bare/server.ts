import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import type { types } from 'mediasoup';
import { createWorker } from 'mediasoup';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';

const listenIp = '127.0.0.1';
const mediaCodecs: types.RouterRtpCodecCapability[] = [
  { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 },
  { kind: 'video', mimeType: 'video/VP8', clockRate: 90_000 },
];

type Data = Record<string, unknown>;

/** mediasoup alone: one worker, one router, a page and a WebSocket, and nothing around them. */
export class BareServer {
  readonly url: string;
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async create(): Promise<BareServer> {
    const bundle = await build({
      entryPoints: [new URL('./page.ts', import.meta.url).pathname],
      bundle: true,
      format: 'esm',
      write: false,
    });
    const script = bundle.outputFiles[0]?.text ?? '';
    const worker = await createWorker({ logLevel: 'error' });
    const server = await worker.createWebRtcServer({
      listenInfos: [{ protocol: 'udp', ip: listenIp }],
    });
    const router = await worker.createRouter({ mediaCodecs });
    const http = createServer((request, response) => {
      const [type, body] =
        request.url === '/page.js'
          ? ['text/javascript', script]
          : ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'];
      response.setHeader('content-type', type);
      response.end(body);
    });
    const room = new BareRoom(router, server);
    const sockets = new WebSocketServer({ server: http });
    sockets.on('connection', (socket) => room.add(socket));
    await new Promise<void>((resolve) => http.listen(0, listenIp, resolve));
    const { port } = http.address() as AddressInfo;
    return new BareServer(`http://${listenIp}:${port}/`, async () => {
      sockets.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      worker.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

class BareRoom {
  readonly #router: types.Router;
  readonly #server: types.WebRtcServer;
  readonly #producers = new Set<types.Producer>();

  constructor(router: types.Router, server: types.WebRtcServer) {
    this.#router = router;
    this.#server = server;
  }

  add(socket: WebSocket): void {
    const transports = new Map<string, types.WebRtcTransport>();
    socket.on('close', () => transports.forEach((transport) => transport.close()));
    socket.on('message', (text: Buffer) => {
      const { id, method, data } = JSON.parse(text.toString()) as {
        id: number;
        method: string;
        data: Data;
      };
      void this.#answer(transports, method, data).then((answer) =>
        socket.send(JSON.stringify({ id, answer })),
      );
    });
  }

  async #answer(
    transports: Map<string, types.WebRtcTransport>,
    method: string,
    data: Data,
  ): Promise<Data> {
    const transport = transports.get(String(data['transportId']));
    switch (method) {
      case 'capabilities':
        return { rtpCapabilities: this.#router.rtpCapabilities };
      case 'transport': {
        const made = await this.#router.createWebRtcTransport({ webRtcServer: this.#server });
        transports.set(made.id, made);
        const { id, iceParameters, iceCandidates, dtlsParameters } = made;
        return { id, iceParameters, iceCandidates, dtlsParameters };
      }
      case 'connect':
        await transport?.connect({
          dtlsParameters: data['dtlsParameters'] as types.DtlsParameters,
        });
        return {};
      case 'produce':
        return { id: await this.#produce(transport, data) };
      default:
        return { consumers: await this.#consume(transport, data) };
    }
  }

  async #produce(
    transport: types.WebRtcTransport | undefined,
    data: Data,
  ): Promise<string | undefined> {
    const producer = await transport?.produce({
      kind: data['kind'] as types.MediaKind,
      rtpParameters: data['rtpParameters'] as types.RtpParameters,
    });
    if (producer !== undefined) {
      this.#producers.add(producer);
      producer.on('transportclose', () => this.#producers.delete(producer));
    }
    return producer?.id;
  }

  async #consume(transport: types.WebRtcTransport | undefined, data: Data): Promise<Data[]> {
    const rtpCapabilities = data['rtpCapabilities'] as types.RtpCapabilities;
    const consumers: Data[] = [];
    for (const { id: producerId } of this.#producers) {
      const consumer = await transport?.consume({ producerId, rtpCapabilities });
      const { id, kind, rtpParameters } = consumer ?? {};
      consumers.push({ id, producerId, kind, rtpParameters });
    }
    return consumers;
  }
}
