import type { Socket } from 'node:net';

/** What of a socket says that something comes. */
interface Heard extends Pick<Socket, 'bytesRead' | 'connecting' | 'destroyed'> {
  on(event: 'timeout', listener: () => void): unknown;
}

/**
 * Calls `run` where the time-out of a socket is over and nothing came, unless nobody waited for it. A process that was
 * busy for as long reads first what came meanwhile.
 */
export function onSilence(
  socket: Heard,
  options: { isAwaited: () => boolean; run: (wasConnected: boolean) => void },
): void {
  socket.on('timeout', () => {
    const { bytesRead, connecting } = socket;
    setImmediate(() => {
      const isSame = socket.bytesRead === bytesRead && socket.connecting === connecting;
      if (isSame && !socket.destroyed && options.isAwaited()) {
        options.run(!connecting);
      }
    });
  });
}
