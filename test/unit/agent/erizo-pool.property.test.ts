import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PoolEffect, PoolOptions } from '../../../nodes/agent/pool-state.ts';
import { PoolDriver, busy, quiet } from './pool-driver.ts';

type Move =
  | { is: 'pass'; time_ms: number }
  | { is: 'ask'; wait_ms: number; exceptAll: boolean }
  | { is: 'cancel'; pick: number }
  | { is: 'register' | 'busy' | 'quiet' | 'unlink' | 'crash' | 'delete'; pick: number };

const pick = fc.nat(1_000);
const move: fc.Arbitrary<Move> = fc.oneof(
  fc.record({ is: fc.constant('pass' as const), time_ms: fc.nat(20_000) }),
  fc.record({
    is: fc.constant('ask' as const),
    wait_ms: fc.nat(20_000),
    exceptAll: fc.boolean(),
  }),
  fc.record({ is: fc.constant('cancel' as const), pick }),
  fc.record({
    is: fc.constantFrom('register', 'busy', 'quiet', 'unlink', 'crash', 'delete'),
    pick,
  }),
);

/** A host as the pool's effects make it: which processes run, which were told to end. */
class Host {
  readonly pool: PoolDriver;
  readonly running = new Map<string, { registered: boolean; ending: boolean }>();
  readonly waiting = new Map<number, readonly string[]>();
  #requests = 0;

  constructor(options: PoolOptions) {
    this.pool = new PoolDriver(options);
    this.apply(this.pool.step({ is: 'tick' }));
  }

  apply(effects: PoolEffect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'start':
          expect(this.running.has(effect.erizoId)).toBe(false);
          this.running.set(effect.erizoId, { registered: false, ending: false });
          break;
        case 'stop':
        case 'kill': {
          const process = this.running.get(effect.erizoId);
          expect(process).toBeDefined();
          Object.assign(process ?? {}, { ending: true });
          break;
        }
        case 'grant': {
          const process = this.running.get(effect.erizoId);
          expect(process).toEqual({ registered: true, ending: false });
          expect(this.waiting.get(effect.requestId)).not.toContain(effect.erizoId);
          expect(this.waiting.delete(effect.requestId)).toBe(true);
          break;
        }
        case 'refuse':
          expect(this.waiting.delete(effect.requestId)).toBe(true);
          break;
        case 'tellExited':
          expect(this.running.has(effect.erizoId)).toBe(false);
          break;
      }
    }
    // No process is lost track of, none is imagined, and there are never too many.
    expect([...this.pool.state.slots.keys()].sort()).toEqual([...this.running.keys()].sort());
    expect(this.running.size).toBeLessThanOrEqual(this.pool.options.maxProcesses);
    expect(this.pool.state.waiting.map((asked) => asked.requestId)).toEqual([
      ...this.waiting.keys(),
    ]);
  }

  move(move: Move): void {
    if (move.is === 'pass') {
      this.apply(this.pool.pass(move.time_ms));
    } else if (move.is === 'ask') {
      this.#requests += 1;
      const except = move.exceptAll ? [...this.running.keys()] : [];
      this.waiting.set(this.#requests, except);
      this.apply(this.pool.ask(this.#requests, except, move.wait_ms));
    } else if (move.is === 'cancel') {
      const requestId = [...this.waiting.keys()][move.pick % (this.waiting.size || 1)] ?? 0;
      this.waiting.delete(requestId);
      this.apply(this.pool.step({ is: 'cancelled', requestId }));
    } else {
      this.#ofProcess(move.is, [...this.running.keys()][move.pick % (this.running.size || 1)]);
    }
  }

  #ofProcess(what: Exclude<Move['is'], 'pass' | 'ask' | 'cancel'>, erizoId = 'none'): void {
    const process = this.running.get(erizoId);
    if (process === undefined) {
      return;
    }
    switch (what) {
      case 'register':
        process.registered = true;
        this.apply(this.pool.register(erizoId));
        return;
      case 'busy':
      case 'quiet':
        this.apply(this.pool.load(erizoId, what === 'busy' ? busy(1) : quiet));
        return;
      case 'unlink':
        this.apply(this.pool.step({ is: 'unlinked', erizoId }));
        return;
      case 'crash':
        this.running.delete(erizoId);
        this.apply(this.pool.exit(erizoId));
        return;
      case 'delete':
        this.apply(this.pool.step({ is: 'deleted', erizoId }));
        return;
    }
  }

  /** Everyone leaves, everything works: each process registers, says that it is quiet, and ends when told. */
  comeToRest(): void {
    for (const requestId of [...this.waiting.keys()]) {
      this.waiting.delete(requestId);
      this.apply(this.pool.step({ is: 'cancelled', requestId }));
    }
    for (let round = 0; round < 60; round += 1) {
      this.apply(this.pool.pass(1_000));
      for (const [erizoId, process] of [...this.running]) {
        if (process.ending) {
          this.running.delete(erizoId);
          this.apply(this.pool.exit(erizoId));
        } else {
          process.registered = true;
          this.apply(this.pool.register(erizoId, quiet));
        }
      }
    }
  }
}

const options = fc
  .record({ prerunProcesses: fc.nat(3), maxProcesses: fc.integer({ min: 1, max: 5 }) })
  .filter(({ prerunProcesses, maxProcesses }) => prerunProcesses <= maxProcesses);

describe('the pool of ErizoJS processes, whatever happens', () => {
  it('never has too many, loses none, and comes back to those it keeps ready', () => {
    fc.assert(
      fc.property(options, fc.array(move, { maxLength: 60 }), (poolOptions, moves) => {
        const host = new Host(poolOptions);
        for (const one of moves) {
          host.move(one);
        }
        host.comeToRest();
        const kinds = Object.values(host.pool.kinds());
        expect(kinds).toEqual(Array<string>(poolOptions.prerunProcesses).fill('idle'));
      }),
      { numRuns: 500 },
    );
  });

  it('has no process left when it has closed', () => {
    fc.assert(
      fc.property(options, fc.array(move, { maxLength: 40 }), (poolOptions, moves) => {
        const host = new Host(poolOptions);
        for (const one of moves) {
          host.move(one);
        }
        host.apply(host.pool.step({ is: 'closing' }));
        expect(host.waiting.size).toBe(0);
        expect([...host.running.values()].every((process) => process.ending)).toBe(true);
        host.comeToRest();
        expect(host.running.size).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
