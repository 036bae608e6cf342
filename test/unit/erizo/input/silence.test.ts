import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { onSilence } from '../../../../nodes/erizo/input/forwarder/silence.ts';

class FakeSocket extends EventEmitter {
  bytesRead = 17;
  connecting = false;
  destroyed = false;
}

/** What is said of a socket whose time is over, and with which something happens before its turn. */
async function heardOf(
  meanwhile: (socket: FakeSocket) => void,
  { isAwaited = true, isConnecting = false } = {},
): Promise<boolean[]> {
  const socket = new FakeSocket();
  socket.connecting = isConnecting;
  const heard: boolean[] = [];
  onSilence(socket, { isAwaited: () => isAwaited, run: (was) => heard.push(was) });
  socket.emit('timeout');
  meanwhile(socket);
  await turn();
  return heard;
}

describe('the silence of a source', () => {
  it('is that of a connection, or of one that never was', async () => {
    expect(await heardOf(() => undefined)).toEqual([true]);
    expect(await heardOf(() => undefined, { isConnecting: true })).toEqual([false]);
  });

  it.each<[string, (socket: FakeSocket) => void, object]>([
    ['something came while this process was busy', (socket) => (socket.bytesRead += 1), {}],
    ['it was taken meanwhile', (socket) => (socket.connecting = false), { isConnecting: true }],
    ['it has ended', (socket) => (socket.destroyed = true), {}],
    ['nobody waits for it', () => undefined, { isAwaited: false }],
  ])('is none where %s', async (_what, meanwhile, options) => {
    expect(await heardOf(meanwhile, options)).toEqual([]);
  });
});
