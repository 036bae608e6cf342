import { describe, expect, it } from 'vitest';
import type { LeavingsState } from '../../../edge/room/leavings.ts';
import { hasLeft, leavingsAfter, noLeavings } from '../../../edge/room/leavings.ts';

const bounds = { keep_ms: 1_000, limit: 2, skew_ms: 10 };
const left = (
  before: LeavingsState,
  clients: [clientId: string, enteredAt_ms: number][],
  now_ms: number,
  forgotten = false,
): LeavingsState => {
  const told = clients.map(([clientId, enteredAt_ms]) => ({ clientId, enteredAt_ms }));
  return leavingsAfter(before, { clients: told, forgotten }, { ...bounds, now_ms });
};
const ids = ({ clients }: LeavingsState): string[] => clients.map(({ clientId }) => clientId);
const ann = { clientId: 'ann', enteredAt_ms: 500, presentAt_ms: 600 };

describe('those who left a room for good', () => {
  it('do not come in again by what they were given under that ticket or an older one', () => {
    const state = left(noLeavings, [['ann', 500]], 700);
    expect(hasLeft(state, ann)).toBe(true);
    expect(hasLeft(state, { ...ann, enteredAt_ms: 499 })).toBe(true);
    expect(hasLeft(state, { ...ann, enteredAt_ms: 501 })).toBe(false);
    expect(hasLeft(state, { ...ann, clientId: 'ben' })).toBe(false);
  });

  it('have left by the newest ticket of which it was said', () => {
    const state = left(left(noLeavings, [['ann', 500]], 700), [['ann', 400]], 800);
    expect(state.clients).toEqual([{ clientId: 'ann', enteredAt_ms: 500, at_ms: 800 }]);
  });

  it('are kept for as long as they could come in again', () => {
    const state = left(noLeavings, [['ann', 500]], 700);
    expect(ids(left(state, [['ben', 500]], 1_699))).toEqual(['ann', 'ben']);
    const later = left(state, [['ben', 500]], 1_700);
    expect([ids(later), later.before_ms]).toEqual([['ben'], 0]);
  });

  it('are forgotten beyond the limit for the price of all who were last in the room before', () => {
    const first = left(noLeavings, [['ann', 500]], 700);
    const more: [string, number][] = ['ben', 'cleo'].map((name) => [name, 500]);
    const state = left(first, more, 800);
    expect(ids(state)).toEqual(['ben', 'cleo']);
    expect(hasLeft(state, ann)).toBe(true);
    const dan = { clientId: 'dan', enteredAt_ms: 600, presentAt_ms: 710 };
    expect(hasLeft(state, dan)).toBe(true);
    // A node's clock may be so far ahead.
    expect(hasLeft(state, { ...dan, presentAt_ms: 711 })).toBe(false);
  });

  it('cost the same where a controller has forgotten some', () => {
    const state = left(noLeavings, [], 800, true);
    const dan = { clientId: 'dan', enteredAt_ms: 600, presentAt_ms: 810 };
    expect(hasLeft(state, dan)).toBe(true);
    expect(hasLeft(state, { ...dan, presentAt_ms: 811 })).toBe(false);
  });

  it('are looked through once, however many ask', () => {
    let looks = 0;
    const clients = Array.from({ length: 16 }, (_, n) => ({
      get clientId() {
        looks += 1;
        return `client ${n}`;
      },
      ...{ enteredAt_ms: 500, at_ms: 700 },
    }));
    for (let n = 0; n < 17; n += 1) {
      expect(hasLeft({ clients, before_ms: 0 }, { ...ann, clientId: `client ${n}` })).toBe(n < 16);
    }
    expect(looks).toBe(16);
  });
});
