import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * A program for tests of the ways: `echo.ts PORT` sends every datagram back;
 * `echo.ts PORT IP COUNT` sends as many to an echo, one every 10 ms, waits half a second more for what is
 * still to come, and prints `[number, milliseconds]` of each one that came back, in the order of arrival.
 */
async function main(): Promise<void> {
  const [port = '', ip, count = ''] = process.argv.slice(2);
  if (ip === undefined) {
    await echo(Number(port));
  } else {
    console.log(JSON.stringify(await probe(Number(port), ip, Number(count))));
  }
}

async function echo(port: number): Promise<void> {
  const socket = createSocket('udp4');
  socket.on('message', (message, { address, port: from }) => socket.send(message, from, address));
  socket.bind(port);
  await once(socket, 'listening');
  console.log('listening');
}

async function probe(port: number, ip: string, count: number): Promise<[number, number][]> {
  const sent_ms: number[] = [];
  const arrived: [number, number][] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message) => {
    const index = message.readUInt32BE();
    arrived.push([index, performance.now() - (sent_ms[index] ?? Number.NaN)]);
  });
  for (let index = 0; index < count; index += 1) {
    const message = Buffer.alloc(4);
    message.writeUInt32BE(index);
    sent_ms[index] = performance.now();
    socket.send(message, port, ip);
    await pause(10);
  }
  await pause(500);
  socket.close();
  return arrived;
}

function pause(wait_ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, wait_ms));
}

await main();
