import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPortsFree, holderOf, parseListeners } from '../../../infra/local/ports.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0101007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 17 1 0
   2: 0100007F:2253 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 99 1 0
`;

test('listening sockets are read from /proc/net/tcp, established ones are not', () => {
  expect(parseListeners(table)).toEqual([
    { ip: '127.0.1.1', port: 8080, inode: '4242' },
    { ip: '0.0.0.0', port: 22, inode: '17' },
  ]);
});

test('the IPv4 address of a dual-stack socket is read from /proc/net/tcp6', () => {
  const line = (address: string): string =>
    `\n 0: ${address}:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 7 1`;
  expect(parseListeners(line('0000000000000000FFFF00000100007F'))).toMatchObject([
    { ip: '127.0.0.1' },
  ]);
  expect(parseListeners(line('0'.repeat(32)))).toMatchObject([{ ip: '0.0.0.0' }]);
});

describe('a port that is taken', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  });
  afterEach(() => server.close());

  test('is traced to the process that holds it', () => {
    expect(holderOf('127.0.0.1', port)?.pid).toBe(process.pid);
  });

  test('is named with its use and its holder', async () => {
    await expect(checkPortsFree([{ ip: '127.0.0.1', port, use: 'edge' }])).rejects.toThrow(
      `Port ${port} on 127.0.0.1 (edge) is taken by pid ${process.pid}`,
    );
  });

  test('is free on another loopback address', async () => {
    await expect(checkPortsFree([{ ip: '127.9.9.1', port, use: 'edge' }])).resolves.toBeUndefined();
  });
});
