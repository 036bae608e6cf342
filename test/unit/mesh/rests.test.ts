import { describe, expect, it } from 'vitest';
import { Rests } from '../../../nodes/mesh/rests.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function setUp(random = 0.5) {
  const clock = new VirtualClock();
  const rests = new Rests({ clock, random: () => random });
  const perhaps = new Set(['lost', 'other']);
  /** How long it is left alone after it was dialled once more in vain, in s. */
  const rest_s = (here: number): number => {
    rests.begin('lost', here);
    let waited_s = 0;
    for (; rests.resting(perhaps).has('lost'); waited_s += 1) {
      clock.advance(1_000);
    }
    return waited_s;
  };
  return { clock, rests, perhaps, rest_s };
}

describe('a node that cannot be reached', () => {
  it('is left alone twice as long each time, up to ten minutes', () => {
    const { rest_s } = setUp();
    const rests_s = Array.from({ length: 9 }, () => rest_s(500));
    expect(rests_s).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
  });

  it('is left alone no longer than 5 s for each that looks for it', () => {
    const { rest_s } = setUp();
    expect(Array.from({ length: 5 }, () => rest_s(3))).toEqual([5, 10, 15, 15, 15]);
    expect(rest_s(1)).toBe(5);
  });

  it('is left alone for a quarter more or less, by chance', () => {
    const [least, most] = [setUp(0), setUp(1)].map(({ rest_s }) => [rest_s(8), rest_s(8)]);
    expect(least).toEqual([4, 8]);
    expect(most).toEqual([7, 13]);
  });

  it('is looked for as at first once it was reached, or heard of', () => {
    const { rests, perhaps, rest_s } = setUp();
    expect([rest_s(500), rest_s(500)]).toEqual([5, 10]);
    rests.begin('lost', 500);
    rests.end('lost');
    expect(rests.resting(perhaps).size).toBe(0);
    expect(rest_s(500)).toBe(5);
  });

  it('is forgotten once it cannot be there any more', () => {
    const { rests, perhaps, rest_s } = setUp();
    rest_s(500);
    rests.begin('lost', 500);
    rests.begin('other', 500);
    expect(rests.resting(new Set(['other']))).toEqual(new Set(['other']));
    expect(rests.resting(perhaps)).toEqual(new Set(['other']));
    expect(rest_s(500)).toBe(5);
  });
});
