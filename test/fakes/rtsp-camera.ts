import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface CameraOptions {
  /** Who may watch, by a digest of this algorithm or with `Basic`. */
  credentials?: { user: string; password: string };
  scheme?: 'MD5' | 'SHA-256' | 'Basic';
  /** Answers it gives instead of its own, by method: the text after the line of the status. */
  answers?: Partial<Record<string, { status: string; headers?: readonly string[] }>>;
  /** What it sends when it has answered PLAY. */
  afterPlay?: string;
}

interface Request {
  method: string;
  url: string;
  authorization: string;
  cseq: string;
  transport: string;
}

/** VP8 and Opus, as ffmpeg sends them below. */
const sdp = [
  ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=Front door', 'c=IN IP4 224.2.0.1/32', 't=0 0'],
  'a=control:*',
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 VP8/90000', 'a=control:track1'],
  ...['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 opus/48000/2', 'a=control:track2'],
].join('\r\n');

const realm = 'camera';
const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c0';

/**
 * A camera: an RTSP server that sends interleaved RTP of what ffmpeg makes, with URLs that name the address it has in
 * its own network, as cameras behind a NAT do.
 */
export class RtspCamera {
  readonly #server: Server;
  readonly #options: CameraOptions;
  readonly #sockets = new Set<Socket>();
  readonly #feeds = new Set<Feed>();
  /** All that it was asked, by whom ever. */
  readonly requests: Request[] = [];
  connections = 0;

  private constructor(options: CameraOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async create(options: CameraOptions = {}): Promise<RtspCamera> {
    const camera = new RtspCamera(options);
    camera.#server.listen(0, '127.0.0.1');
    await once(camera.#server, 'listening');
    return camera;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `rtsp://127.0.0.1:${this.port}`;
  }

  get viewers(): number {
    return this.#sockets.size;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    let text = '';
    const feed = new Feed((bytes) => socket.write(bytes));
    this.#feeds.add(feed);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      feed.close();
    });
    socket.on('data', (chunk) => {
      // RTCP of whoever watches may come between the messages; none of it looks like one.
      text += chunk.toString('latin1');
      for (let found = request.exec(text); found !== null; found = request.exec(text)) {
        text = text.slice(found.index + found[0].length);
        const asked = parse(found);
        this.requests.push(asked);
        this.#answer(socket, asked);
        if (asked.method === 'PLAY' && this.#isAdmitted(asked)) {
          if (this.#options.answers?.['PLAY'] === undefined) {
            feed.start();
          }
          socket.write(this.#options.afterPlay ?? '');
        }
      }
    });
  }

  #answer(socket: Socket, asked: Request): void {
    const own = this.#options.answers?.[asked.method];
    const send = (status: string, headers: readonly string[], body = ''): void => {
      const length = body === '' ? [] : [`Content-Length: ${body.length}`];
      const lines = [`RTSP/1.0 ${status}`, `CSeq: ${asked.cseq}`, ...headers, ...length, '', body];
      socket.write(lines.join('\r\n'));
    };
    if (own !== undefined) {
      send(own.status, own.headers ?? []);
    } else if (!this.#isAdmitted(asked)) {
      send('401 Unauthorized', [`WWW-Authenticate: ${this.#challenge()}`]);
    } else if (asked.method === 'DESCRIBE') {
      const base = 'Content-Base: rtsp://192.0.2.1/inner/';
      send('200 OK', ['Content-Type: application/sdp', base, 'Server: WMServer/9'], sdp);
    } else if (asked.method === 'SETUP') {
      send('200 OK', [`Transport: ${asked.transport};ssrc=1234`, 'Session: 4711;timeout=60']);
    } else {
      send('200 OK', ['Public: DESCRIBE, SETUP, PLAY, GET_PARAMETER', 'Session: 4711']);
    }
  }

  #challenge(): string {
    const { scheme = 'MD5' } = this.#options;
    return scheme === 'Basic'
      ? `Basic realm="${realm}"`
      : `Digest realm="${realm}", qop="auth", algorithm=${scheme}, nonce="${nonce}"`;
  }

  #isAdmitted({ authorization, method, url }: Request): boolean {
    const { credentials, scheme = 'MD5' } = this.#options;
    if (credentials === undefined) {
      return true;
    }
    const { user, password } = credentials;
    if (scheme === 'Basic') {
      const text = Buffer.from(`${user}:${password}`).toString('base64');
      return authorization === `Basic ${text}`;
    }
    const of = (name: string): string =>
      new RegExp(`\\b${name}="?([^",]*)`).exec(authorization)?.[1] ?? '';
    const h = (plain: string): string =>
      createHash(scheme === 'MD5' ? 'md5' : 'sha256')
        .update(plain)
        .digest('hex');
    const a1 = h(`${user}:${realm}:${password}`);
    const response = h(`${a1}:${nonce}:${of('nc')}:${of('cnonce')}:auth:${h(`${method}:${url}`)}`);
    return authorization.startsWith('Digest ') && of('response') === response;
  }
}

const request = /([A-Z_]+) (\S+) RTSP\/1\.0\r\n((?:[^\r\n]+\r\n)*)\r\n/;

function parse([, method = '', url = '', headers = '']: RegExpExecArray): Request {
  const of = (name: string): string =>
    new RegExp(`^${name}: *(.*?)\r?$`, 'im').exec(headers)?.[1] ?? '';
  return {
    ...{ method, url },
    authorization: of('Authorization'),
    cseq: of('CSeq'),
    transport: of('Transport'),
  };
}

/** What one viewer gets: channels 0 and 1 are of the picture, 2 and 3 of the sound. */
class Feed {
  readonly #send: (bytes: Buffer) => void;
  readonly #sockets: UdpSocket[] = [];
  #ffmpeg: ChildProcess | undefined;
  #isClosed = false;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  start(): void {
    void this.#start();
  }

  close(): void {
    this.#isClosed = true;
    this.#ffmpeg?.kill('SIGKILL');
    for (const socket of this.#sockets) {
      socket.close();
    }
    this.#sockets.length = 0;
  }

  async #start(): Promise<void> {
    const ports: number[] = [];
    for (let channel = 0; channel < 4; channel += 1) {
      ports.push(await this.#channel(channel));
    }
    if (this.#isClosed) {
      this.close();
      return;
    }
    const to = (index: number): string =>
      `rtp://127.0.0.1:${ports[index]}?rtcpport=${ports[index + 1]}&pkt_size=1200`;
    const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=15'];
    const sound = ['-re', '-f', 'lavfi', '-i', 'sine'];
    const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '15'];
    this.#ffmpeg = spawn(
      'ffmpeg',
      [
        ...['-v', 'error', '-nostdin', ...picture, ...sound],
        ...['-map', '0:v', '-pix_fmt', 'yuv420p', ...vp8],
        ...['-payload_type', '96', '-f', 'rtp', to(0)],
        ...['-map', '1:a', '-c:a', 'libopus', '-ac', '2', '-payload_type', '97'],
        ...['-f', 'rtp', to(2)],
      ],
      { stdio: 'ignore' },
    );
  }

  async #channel(channel: number): Promise<number> {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    socket.on('message', (packet) => {
      const head = Buffer.from([0x24, channel, packet.length >> 8, packet.length & 0xff]);
      this.#send(Buffer.concat([head, packet]));
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return socket.address().port;
  }
}
