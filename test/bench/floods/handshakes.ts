import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import type { Counts, Flood, Running, Target } from './flood.ts';
import { count } from './flood.ts';
import { ticketTo } from './guests.ts';
import { pace } from './pace.ts';

/** Ten times what one address may have looked at. */
const handshakes_perSecond = 2_000;
/** Those that are under way at a time: a machine that cannot make so many a second makes fewer. */
const atATime = 500;
const address = '127.0.0.10';

const reads_perSecond = 400;
/** From the node's own host, which reads them without a token. */
const readers = new Agent({ keepAlive: true, maxSockets: 16 });
/** Those that wait for an answer: a reader that is not answered asks no more. */
const waitingReads = 64;

/** A client's frame of the text `40`, socket.io's CONNECT: masked by zeros (RFC 6455, section 5.2). */
const connectFrame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);

export const handshakes: Flood = {
  note: `${handshakes_perSecond} handshakes a second with a forged ticket from one address, and /metrics ${reads_perSecond} times a second`,
  async open(target): Promise<Running> {
    const counts: Counts = {};
    const knock = knocker(target, forged(await ticketTo(target, 'handshakes')), counts);
    return {
      counts,
      start: () => {
        const stops = [
          pace(handshakes_perSecond, knock),
          pace(reads_perSecond, reader(target, counts)),
        ];
        return () => stops.forEach((stop) => stop());
      },
      close: () => {
        readers.destroy();
        return Promise.resolve();
      },
    };
  },
};

/** A ticket of the edge with a signature of nobody. */
function forged(ticket: string): string {
  const signature = ticket.lastIndexOf('.') + 1;
  return ticket.slice(0, signature) + 'A'.repeat(ticket.length - signature);
}

/** One handshake over a connection of its own: bare, as the sender shares the machine with the node. */
function knocker({ host: node }: Target, ticket: string, counts: Counts): () => void {
  const [host = '', port = ''] = node.split(':');
  const request = [
    `GET /socket.io/?EIO=4&transport=websocket&ticket=${ticket} HTTP/1.1`,
    ...[`Host: ${node}`, 'Connection: Upgrade', 'Upgrade: websocket'],
    ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', '', ''],
  ].join('\r\n');
  let open = 0;
  return () => {
    if (open >= atATime) {
      count(counts, 'handshakes not sent');
      return;
    }
    open += 1;
    const socket = connect({ host, port: Number(port), localAddress: address });
    let isUp = false;
    socket.on('connect', () => socket.write(request));
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (isUp) {
        // The refusal is of a forged ticket, after its signature was looked at.
        if (text.includes('44')) {
          count(counts, 'tickets refused');
          socket.destroy();
        }
      } else if (text.startsWith('HTTP/1.1 101')) {
        isUp = true;
        socket.write(connectFrame);
      } else {
        count(counts, 'handshakes refused');
        socket.destroy();
      }
    });
    socket.on('error', () => count(counts, 'connections failed'));
    socket.on('close', () => {
      open -= 1;
    });
  };
}

function reader({ host }: Target, counts: Counts): () => void {
  let waiting = 0;
  return () => {
    if (waiting >= waitingReads) {
      count(counts, 'reads not sent');
      return;
    }
    waiting += 1;
    const done = (how: string) => (): void => {
      waiting -= 1;
      count(counts, how);
    };
    get(`http://${host}/metrics`, { agent: readers }, (response) => {
      response.resume();
      response.on('end', done('reads'));
    }).on('error', done('reads failed'));
  };
}
