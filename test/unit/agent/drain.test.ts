import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Drain } from '../../../nodes/drain.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function setUp(clients = 2) {
  const clock = new VirtualClock();
  const seen = { clients, changes: [] as boolean[], done: 0, moves: [] as number[] };
  const drain = new Drain(
    { clock, log: pino({ level: 'silent' }), clients: () => seen.clients },
    {
      drain_ms: 60_000,
      onChange: (draining) => void seen.changes.push(draining),
      onMove: (within_ms) => void seen.moves.push(within_ms),
      onDone: () => {
        seen.done += 1;
      },
    },
  );
  return { clock, seen, drain };
}

describe('a node that drains', () => {
  it('has clients go elsewhere shortly before its time is over, unless it was undone', () => {
    const { clock, seen, drain } = setUp();
    seen.clients = 1;
    drain.begin('edge');
    drain.undo();
    clock.advance(60_000);
    expect(seen.moves).toEqual([]);
    drain.begin('edge');
    clock.advance(44_999);
    expect(seen.moves).toEqual([]);
    clock.advance(1);
    expect(seen).toMatchObject({ moves: [5_000], done: 0 });
  });

  it('takes no new clients, and is done when the last one has left', () => {
    const { clock, seen, drain } = setUp();
    expect(drain.draining).toBe(false);
    drain.begin('host');
    drain.begin('host');
    expect([drain.draining, seen.changes]).toEqual([true, [true]]);
    clock.advance(30_000);
    expect(seen.done).toBe(0);
    seen.clients = 0;
    clock.advance(1_000);
    expect(seen.done).toBe(1);
    clock.advance(60_000);
    expect(seen).toMatchObject({ done: 1, changes: [true] });
    expect(drain.draining).toBe(true);
  });

  it('is done with clients when its time is over', () => {
    const { clock, seen, drain } = setUp();
    drain.begin('edge');
    clock.advance(59_999);
    expect(seen.done).toBe(0);
    clock.advance(1);
    expect(seen.done).toBe(1);
  });

  it('takes clients again when the edge says so, and ends no more', () => {
    const { clock, seen, drain } = setUp();
    drain.undo();
    drain.begin('edge');
    drain.undo();
    seen.clients = 0;
    clock.advance(120_000);
    expect(seen).toMatchObject({ done: 0, changes: [true, false] });
    expect(drain.draining).toBe(false);
  });

  it('goes on draining whatever the edge says once its host has spoken, first or second', () => {
    for (const order of [['host'], ['edge', 'host'], ['host', 'edge']] as const) {
      const { clock, seen, drain } = setUp();
      for (const by of order) {
        drain.begin(by);
      }
      drain.undo();
      expect([drain.draining, seen.changes]).toEqual([true, [true]]);
      clock.advance(60_000);
      expect(seen.done).toBe(1);
    }
  });

  it('that is closed is not done a second time', () => {
    const { clock, seen, drain } = setUp(0);
    drain.begin('host');
    drain.close();
    clock.advance(60_000);
    expect(seen.done).toBe(0);
  });
});
