import { WebSocket } from 'ws';
import { newUuid } from '../../../protocol/ids.ts';
import type { Counts, Flood, Running, Target } from './flood.ts';
import { count } from './flood.ts';
import { pace } from './pace.ts';

/** An address may have 200 handshakes a second looked at. */
const sockets_perSecond = 220;
/** Of each socket, which may send eight packets: one each some milliseconds, for as long as it is open. */
const connects_perSecond = 50;

/** Socket.io's CONNECT (engine.io's message, socket.io's packet of type 0). */
const connect = '40';

export const connects: Flood = {
  note: `${sockets_perSecond} sockets a second show a forged ticket, are refused, and go on sending ${connects_perSecond} CONNECTs a second each`,
  open(target): Promise<Running> {
    const counts: Counts = {};
    const open = new Set<WebSocket>();
    return Promise.resolve({
      counts,
      start: () => pace(sockets_perSecond, () => knock(target, open, counts)),
      close: () => {
        open.forEach((socket) => socket.terminate());
        return Promise.resolve();
      },
    });
  },
};

function knock({ host }: Target, open: Set<WebSocket>, counts: Counts): void {
  const query = `EIO=4&transport=websocket&ticket=${newUuid()}`;
  const socket = new WebSocket(`ws://${host}/socket.io/?${query}`);
  open.add(socket);
  let stop = (): void => undefined;
  socket.on('open', () => {
    count(counts, 'sockets');
    stop = pace(connects_perSecond, () => {
      if (socket.readyState === WebSocket.OPEN) {
        count(counts, 'CONNECTs');
        socket.send(connect);
      }
    });
  });
  // One that is refused before it is a socket is an error here.
  socket.on('error', () => count(counts, 'refused'));
  socket.on('close', () => {
    stop();
    open.delete(socket);
  });
}
