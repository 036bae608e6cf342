import { describe, expect, it } from 'vitest';
import { Retries } from '../../../nodes/controller/retries.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function setUp() {
  const clock = new VirtualClock();
  return { clock, retries: new Retries<string>({ clock }) };
}

describe('streams that could not be had', () => {
  it('come in turns of those who want them, however many one wants', () => {
    const { retries } = setUp();
    for (let number = 0; number < 100; number += 1) {
      retries.failed('ann', `${number}`);
    }
    retries.failed('bob', 'one');
    retries.failed('bob', 'two');
    const taken = retries.take(10);
    expect([taken.get('ann')?.size, taken.get('bob')?.size]).toEqual([8, 2]);
    expect([...retries.take(3)].map(([who, streams]) => [who, streams.size])).toEqual([['ann', 3]]);
  });

  it('come in turns also from one time to the next', () => {
    const { retries } = setUp();
    for (const who of ['ann', 'bob', 'cleo']) {
      retries.failed(who, 'one');
      retries.failed(who, 'two');
    }
    expect([...retries.take(2).keys()]).toEqual(['ann', 'bob']);
    expect([...retries.take(2).keys()]).toEqual(['cleo', 'ann']);
  });

  it('are one each, however often they fail', () => {
    const { retries } = setUp();
    retries.failed('ann', 'one');
    retries.failed('ann', 'one');
    retries.hurry('ann');
    expect(retries.take(10)).toEqual(new Map([['ann', new Set(['one'])]]));
    expect(retries.take(10).size).toBe(0);
  });

  it('are tried less and less often where they fail again and again, and once a minute in the end', () => {
    const { clock, retries } = setUp();
    const waits: number[] = [];
    for (let failures = 0; failures < 10; failures += 1) {
      retries.failed('ann', 'one');
      let wait_s = 0;
      for (; retries.take(1).size === 0; wait_s += 1) {
        expect(retries.rests('ann', 'one')).toBe(true);
        clock.advance(1_000);
      }
      expect(retries.rests('ann', 'one')).toBe(false);
      waits.push(wait_s);
    }
    expect(waits).toEqual([0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('begin anew once they were to be had, or nobody wants them', () => {
    const { retries } = setUp();
    retries.failed('ann', 'one');
    retries.failed('ann', 'one');
    retries.failed('bob', 'one');
    expect(retries.rests('ann', 'one')).toBe(true);
    retries.forget('ann', 'one');
    retries.left('bob');
    expect(retries.take(10).size).toBe(0);
    retries.failed('ann', 'one');
    expect(retries.rests('ann', 'one')).toBe(false);
  });
});
