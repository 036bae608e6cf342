import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Remembered } from '../../../nodes/mesh/remembered.ts';
import { Memory } from '../../../nodes/mesh/remembered.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { cardOf } from './simulated-mesh.ts';
import { publicKey } from './test-edge.ts';

const log = pino({ level: 'silent' });
let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'rizoma-memory-'));
});

afterEach(() => rm(stateDir, { recursive: true }));

const mesh = (count: number): Remembered => ({
  ticketKeys: [publicKey],
  certificate: 'a certificate',
  revoked: [],
  nodes: Array.from({ length: count }, (_, number) => cardOf(`node-${number}`, 0).card),
});

describe('what a node remembers of the mesh', () => {
  it('is what it was when it last changed, for the owner alone, and of 256 nodes at the most', async () => {
    const clock = new VirtualClock();
    const memory = await Memory.create({ clock, log }, { stateDir });
    expect(memory.found).toBeUndefined();
    memory.keep(() => mesh(1));
    memory.keep(() => mesh(300));
    clock.advance(5_000);
    await memory.close();
    expect((await stat(join(stateDir, 'mesh.json'))).mode & 0o777).toBe(0o600);
    const { found } = await Memory.create({ clock, log }, { stateDir });
    expect(found).toEqual({ ...mesh(256) });
  });

  it('is nothing where the file is not what it was, and is written anew', async () => {
    await writeFile(join(stateDir, 'mesh.json'), '{"nodes":');
    const clock = new VirtualClock();
    const memory = await Memory.create({ clock, log }, { stateDir });
    expect(memory.found).toBeUndefined();
    memory.keep(() => mesh(1));
    await memory.close();
    expect(JSON.parse(await readFile(join(stateDir, 'mesh.json'), 'utf8'))).toEqual(mesh(1));
  });

  it('is nothing without a folder', async () => {
    const clock = new VirtualClock();
    const memory = await Memory.create({ clock, log }, { stateDir: undefined });
    memory.keep(() => mesh(1));
    expect(clock.pending).toBe(0);
    await memory.close();
  });
});
