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
  ])('with %s of 4 cores taken is %s', (cpu, state) => {
    const erizos = { cpu, consumers: 7 };
    const load = nodeLoad({
      rooms: 1,
      clients: 2,
      erizos,
      cores: 4,
      draining: false,
      rtts_ms: undefined,
    });
    expect(load).toMatchObject({ rooms: 1, clients: 2, consumers: 7, state });
    expect(load.cpu).toBeLessThanOrEqual(1);
    expect(load).not.toHaveProperty('draining');
  });

  it('tells no consumers where there is no agent to count them, and tells that it drains and what it measured', () => {
    const load = nodeLoad({
      rooms: 1,
      clients: 2,
      erizos: undefined,
      cores: 4,
      draining: true,
      rtts_ms: { 'us-east': 80 },
    });
    expect(load).toEqual({
      rooms: 1,
      clients: 2,
      cpu: 0,
      state: 'available',
      draining: true,
      rtts_ms: { 'us-east': 80 },
    });
  });
});
