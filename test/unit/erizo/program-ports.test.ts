import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { ProgramPorts } from '../../../nodes/erizo/recording/program-ports.ts';

const range = { min: 45_100, max: 45_199 };
const opened: { close(): void }[] = [];

afterEach(() => {
  opened.splice(0).forEach((one) => one.close());
});

/** Draws the pairs of these numbers, one after the other. */
function portsThatDraw(...pairs: readonly number[]): ProgramPorts {
  const left = [...pairs];
  const random = (): number => ((left.shift() ?? 0) + 0.5) / 49;
  return new ProgramPorts({ random }, { range });
}

async function draw(ports: ProgramPorts): Promise<number> {
  const drawn = await ports.draw();
  opened.push(drawn);
  return drawn.port;
}

async function occupy(port: number): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  opened.push(socket);
  return socket;
}

describe('ports for a program that records', () => {
  it('are drawn again where either of a pair is somebody else’s', async () => {
    await occupy(45_104);
    await occupy(45_107);
    expect(await draw(portsThatDraw(2, 3, 4))).toBe(45_108);
  });

  it('are drawn once while nobody listens there yet, and again when they are closed', async () => {
    const ports = portsThatDraw(5, 5, 6, 5);
    const [first, second] = await Promise.all([ports.draw(), ports.draw()]);
    opened.push(second);
    expect([first.port, second.port]).toEqual([45_110, 45_112]);
    first.close();
    expect(await draw(ports)).toBe(45_110);
  });

  it('are refused where none of those that are tried is free', async () => {
    await occupy(45_100);
    await expect(draw(portsThatDraw())).rejects.toMatchObject({ code: 'overloaded' });
  });
});
