import { io } from 'socket.io-client';
import type { RawSocket } from './reliable-socket.ts';

/** What happens to the socket below a channel. */
export interface SocketWatcher {
  up(): void;
  /** `final` where the other side or we ended it, so that no new attempt follows. */
  down(reason: string, final: boolean): void;
  /** An attempt to reach it came to nothing; another one follows. */
  failed(): void;
  /** The controller refused the handshake and says why (`err.data` of its middleware). */
  refused(words: string): void;
}

/** A socket to one controller: dials, and dials again after a loss, until it is ended. */
export interface ControllerSocket extends RawSocket {
  watch(watcher: SocketWatcher): void;
  open(): void;
  /** What the next attempts carry in their handshake; `auth` does not stand in the URL. */
  setHandshake(handshake: { query: Record<string, string>; auth: Record<string, string> }): void;
  /** Gives up the connection that there is, and dials again. */
  redial(): void;
  end(): void;
}

export interface ControllerSocketOptions {
  firstReconnection_ms: number;
  longestReconnection_ms: number;
  controllerAnswer_ms: number;
}

export type OpenSocket = (
  url: string,
  query: Record<string, string>,
  options: ControllerSocketOptions,
) => ControllerSocket;

/** socket.io 4, websocket only (Licode: `erizoClient/src/Socket.js`). */
export const openSocketIo: OpenSocket = (url, query, options) => {
  const socket = io(url, {
    autoConnect: false,
    forceNew: true,
    transports: ['websocket'],
    query,
    timeout: options.controllerAnswer_ms,
    reconnectionDelay: options.firstReconnection_ms,
    reconnectionDelayMax: options.longestReconnection_ms,
  });
  return {
    get connected() {
      return socket.connected;
    },
    emit: (event, ...args) => socket.emit(event, ...args),
    onAny: (listener) => socket.onAny(listener),
    watch(watcher) {
      socket.on('connect', () => watcher.up());
      socket.on('disconnect', (reason) => {
        watcher.down(
          reason,
          reason === 'io server disconnect' || reason === 'io client disconnect',
        );
      });
      socket.on('connect_error', (error: Error & { data?: unknown }) => {
        // Only a middleware's refusal has data; all else is the network, and is tried again.
        if (error.data !== undefined) {
          watcher.refused(typeof error.data === 'string' ? error.data : error.message);
        } else {
          watcher.failed();
        }
      });
    },
    open: () => {
      socket.connect();
    },
    setHandshake({ query: next, auth }) {
      socket.io.opts.query = next;
      socket.auth = auth;
    },
    redial: () => socket.io.engine.close(),
    end() {
      if (socket.connected) {
        // socket.io's own DISCONNECT overtakes, on the server, the message that came just before it.
        socket.io.reconnection(false);
        socket.io.engine.close();
      } else {
        socket.disconnect();
      }
    },
  };
};
