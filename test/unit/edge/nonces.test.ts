import { describe, expect, it } from 'vitest';
import type { NonceBatch, NonceStore } from '../../../edge/objects/nonces.ts';
import { Nonces } from '../../../edge/objects/nonces.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** What outlives the object. */
class Rows implements NonceStore {
  rows: NonceBatch[] = [];
  writes = 0;

  nonceBatches(): NonceBatch[] {
    return [...this.rows];
  }

  addNonceBatch(batch: Omit<NonceBatch, 'id'>): number {
    this.writes += 1;
    this.rows.push({ ...batch, nonces: [...batch.nonces], id: this.writes });
    return this.writes;
  }

  closeNonceBatch(id: number, nonces: readonly string[]): void {
    this.writes += 1;
    this.rows = this.rows.map((row) =>
      row.id === id ? { ...row, nonces: [...nonces], openUntil_ms: undefined } : row,
    );
  }

  sweepNonceBatches(before_ms: number): void {
    this.rows = this.rows.filter(({ seenAt_ms }) => seenAt_ms >= before_ms);
  }
}

function started(): { clock: VirtualClock; store: Rows; nonces: Nonces; restart: () => Nonces } {
  const clock = new VirtualClock();
  const store = new Rows();
  const nonces = new Nonces({ store, clock });
  // What the dead object had yet to write is never written.
  const restart = (): Nonces => {
    const left = new Rows();
    left.rows = [...store.rows];
    return new Nonces({ store: left, clock });
  };
  return { clock, store, nonces, restart };
}

describe('the nonces of a service', () => {
  it('are good once, and again when nothing signed with them can be good', () => {
    const { clock, nonces } = started();
    expect(nonces.take('a', clock.now())).toBe(true);
    expect(nonces.take('a', clock.now())).toBe(false);
    expect(nonces.take('b', clock.now())).toBe(true);
    clock.advance(limits.replayWindow_s * 1000);
    expect(nonces.take('a', clock.now() - 1)).toBe(false);
    clock.advance(limits.replayWindow_s * 1000);
    expect(nonces.take('a', clock.now())).toBe(true);
  });

  it('are written together, twice in a quarter of a second however many they are', () => {
    const { clock, store, nonces } = started();
    for (let taken = 0; taken < 500; taken += 1) {
      nonces.take(`n${taken}`, clock.now());
    }
    clock.advance(250);
    expect(store.writes).toBe(2);
    expect(store.rows[0]?.nonces).toHaveLength(500);
  });

  it('are all known after a restart when their batch was closed', () => {
    const { clock, nonces, restart } = started();
    nonces.take('a', clock.now());
    nonces.take('b', clock.now());
    clock.advance(250);
    const again = restart();
    expect(again.take('a', clock.now() - 250)).toBe(false);
    expect(again.take('b', clock.now() - 250)).toBe(false);
    expect(again.take('c', clock.now() - 250)).toBe(true);
  });

  it('may be lost with the object: what was signed before is refused then, what is signed anew is not', () => {
    const { clock, nonces, restart } = started();
    const signedAt_ms = clock.now();
    nonces.take('first', signedAt_ms);
    nonces.take('lost', signedAt_ms);
    const again = restart();
    clock.advance(1_000);
    expect(again.take('first', signedAt_ms)).toBe(false);
    expect(() => again.take('lost', signedAt_ms)).toThrow('sign it anew');
    expect(again.take('anew', clock.now())).toBe(true);
  });

  it('are so many and no more, whatever the rate, until the eldest is of no use', () => {
    const { clock, nonces } = started();
    const began_ms = clock.now();
    for (let taken = 0; taken < 200_000; taken += 1) {
      nonces.take(`n${taken}`, clock.now());
    }
    clock.advance(10_500);
    const wait_ms = limits.replayWindow_s * 1000 - 10_500;
    expect(() => nonces.take('more', clock.now())).toThrow(
      expect.objectContaining({ code: 'rate_limited', retryAfter_s: Math.ceil(wait_ms / 1000) }),
    );
    expect(nonces.take('n0', began_ms)).toBe(false);
    clock.advance(Math.ceil(wait_ms / 1000) * 1000);
    expect(nonces.take('more', clock.now())).toBe(true);
  });

  it('are written at once where they are signed ahead of time, or at a time that is not told', () => {
    const { clock, nonces, restart } = started();
    nonces.take('first', clock.now());
    nonces.take('ahead', clock.now() + 30_000);
    nonces.take('untold', undefined);
    const again = restart();
    expect(again.take('ahead', clock.now() + 30_000)).toBe(false);
    expect(again.take('untold', undefined)).toBe(false);
  });
});
