import { describe, expect, it } from 'vitest';
import { nodeLoad } from '../../../nodes/node-load.ts';

describe('the load of a node', () => {
  it.each([
    [0, 'available'],
    [2.79, 'available'],
    [2.8, 'warning'],
    [3.59, 'warning'],
    [3.6, 'full'],
    [9, 'full'],
  ])('with %s of 4 cores taken is %s', (cpu_cores, state) => {
    const load = nodeLoad({ rooms: 1, clients: 2, cpu_cores, cores: 4 });
    expect(load).toMatchObject({ rooms: 1, clients: 2, state });
    expect(load.cpu).toBeLessThanOrEqual(1);
  });
});
