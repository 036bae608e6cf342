import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { forwarderDefaults } from '../defaults.ts';
import { Authorizer } from './authorizer.ts';
import type { ForwarderParts } from './parts.ts';
import type { RefusalReason } from './refusal.ts';
import { reasonOfError, SourceRefused } from './refusal.ts';
import type { RtspFrame } from './rtsp-message.ts';
import { RtspParser } from './rtsp-message.ts';
import type { Outgoing } from './rtsp-relay.ts';
import { RtspRelay } from './rtsp-relay.ts';
import { onSilence } from './silence.ts';

const { connections, rtspPlayers, backlog_bytes } = forwarderDefaults;

/** Takes ffprobe, then ffmpeg; once both came it listens no more. */
export function rtspServer(parts: ForwarderParts): Server {
  const { hostname, port, target, credentials } = parts.remote;
  let players = 0;
  const server = createServer((socket) => {
    const relay = new RtspRelay({
      local: `rtsp://${socket.localAddress}:${socket.localPort}${parts.path}`,
      remote: `rtsp://${hostname}:${port}${target}`,
      authorizer: credentials && new Authorizer(credentials),
    });
    const admit = (frame: RtspFrame | undefined): boolean => {
      const isPlayer = relay.knows(frame) && players < rtspPlayers;
      players += isPlayer ? 1 : 0;
      if (players === rtspPlayers) {
        server.close();
      }
      return isPlayer;
    };
    new RtspConnection(socket, { parts, relay, admit }).start();
  });
  server.maxConnections = connections;
  return server;
}

interface ConnectionOptions {
  parts: ForwarderParts;
  relay: RtspRelay;
  /** Judges the first that is heard. */
  admit: (frame: RtspFrame | undefined) => boolean;
}

/** The sockets of one connection of ffmpeg; that to the source opens when ffmpeg has shown the path. */
class RtspConnection {
  readonly #player: Socket;
  readonly #options: ConnectionOptions;
  #source: Socket | undefined;

  constructor(player: Socket, options: ConnectionOptions) {
    this.#player = player;
    this.#options = options;
  }

  start(): void {
    const { parts, relay, admit } = this.#options;
    const player = this.#player;
    const parser = new RtspParser();
    const close = (): void => this.#close();
    player.setNoDelay();
    player.setTimeout(parts.waits.first_ms, close);
    player.on('error', close);
    player.on('close', () => {
      parts.signal.removeEventListener('abort', close);
      // The source hears what was the last word of ffmpeg.
      this.#source?.destroySoon();
    });
    player.on('drain', () => {
      // It was not waited for meanwhile.
      this.#source?.setTimeout(parts.waits.silence_ms);
      this.#source?.resume();
    });
    player.on('data', (chunk) =>
      this.#run(() => {
        const frames = parser.push(chunk);
        if (this.#source === undefined && frames.length > 0) {
          if (!admit(frames[0])) {
            close();
            return;
          }
          this.#source = this.#connect();
        }
        this.#send(frames.flatMap((frame) => relay.fromPlayer(frame)));
      }),
    );
    parts.signal.addEventListener('abort', close);
  }

  #connect(): Socket {
    const { parts, relay } = this.#options;
    const { hostname: host, port } = parts.remote;
    const parser = new RtspParser();
    // From now on its silence means nothing: it plays.
    this.#player.setTimeout(0);
    const source = connect({ host, port, lookup: parts.lookup, noDelay: true });
    source.setTimeout(parts.waits.connect_ms);
    source.on('connect', () => source.setTimeout(parts.waits.silence_ms));
    onSilence(source, {
      isAwaited: () => !source.isPaused(),
      run: (wasConnected) => this.#refuse(wasConnected ? 'silent' : 'unreachable'),
    });
    source.on('error', (error) => this.#refuse(reasonOfError(error)));
    // What came before the end ffmpeg still gets.
    source.on('close', () => this.#player.end());
    source.on('data', (chunk) =>
      this.#run(() => {
        this.#send(parser.push(chunk).flatMap((frame) => relay.fromSource(frame)));
      }),
    );
    return source;
  }

  #send(outgoing: readonly Outgoing[]): void {
    const [player, source] = [this.#player, this.#source];
    player.cork();
    for (const { to, bytes } of outgoing) {
      (to === 'player' ? player : source)?.write(bytes);
    }
    player.uncork();
    if (player.writableNeedDrain) {
      source?.pause();
    }
    if ((source?.writableLength ?? 0) > backlog_bytes) {
      this.#refuse('silent');
    }
  }

  #run(step: () => void): void {
    try {
      step();
    } catch (thrown) {
      if (!(thrown instanceof SourceRefused)) {
        throw thrown;
      }
      this.#refuse(thrown.reason);
    }
  }

  #refuse(reason: RefusalReason): void {
    this.#options.parts.refuse(reason);
    this.#close();
  }

  #close(): void {
    this.#player.destroy();
    this.#source?.destroy();
  }
}
