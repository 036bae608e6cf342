import { describe, expect, it } from 'vitest';
import { LinkQuota } from '../../../nodes/link/link-quota.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function setUp(options = { links: 3, perSecond: 2 }) {
  const clock = new VirtualClock();
  const quota = new LinkQuota({ clock }, options);
  const take = (nodeId: string, times: number): boolean[] =>
    Array.from({ length: times }, () => quota.take(nodeId));
  return { clock, quota, take };
}

describe('of one listener a node', () => {
  it('has so many links at a time, and another node as many', () => {
    const { clock, quota, take } = setUp();
    expect(take('a', 4)).toEqual([true, true, true, false]);
    expect(take('b', 4)).toEqual([true, true, true, false]);
    quota.release('a');
    clock.advance(1_000);
    expect(take('a', 2)).toEqual([true, false]);
  });

  it('begins so many links in a second, however few it keeps', () => {
    const { clock, quota, take } = setUp();
    const inTurn = (times: number): boolean[] =>
      Array.from({ length: times }, () => {
        const [taken = false] = take('a', 1);
        if (taken) {
          quota.release('a');
        }
        return taken;
      });
    expect(inTurn(4)).toEqual([true, true, true, false]);
    clock.advance(1_000);
    expect(inTurn(3)).toEqual([true, true, false]);
  });

  it('is forgotten once it is no member and has no link', () => {
    const { quota, take } = setUp();
    take('a', 3);
    take('b', 3);
    quota.release('a');
    quota.release('a');
    quota.release('a');
    quota.forget((nodeId) => nodeId === 'b');
    // As one that was never here, and not as one that has begun three links.
    expect(take('a', 1)).toEqual([true]);
    quota.forget(() => false);
    expect(take('b', 1)).toEqual([false]);
  });
});
