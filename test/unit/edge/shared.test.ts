import { describe, expect, it } from 'vitest';
import { Shared } from '../../../edge/objects/shared.ts';

function shared() {
  const timers = new Set<() => void>();
  const world = { now_ms: 0 };
  const clock = {
    now: () => world.now_ms,
    after: (_: number, run: () => void) => {
      timers.add(run);
      return () => void timers.delete(run);
    },
  };
  return { shared: new Shared<number>({ clock }), timers, world };
}

describe('an answer that is shared', () => {
  it('is asked for once by all who want it at the same time, and anew later', async () => {
    const { shared: one, timers } = shared();
    let asked = 0;
    const ask = (): Promise<number> =>
      one.ask('it', async () => {
        asked += 1;
        await Promise.resolve();
        return asked;
      });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    expect(await ask()).toBe(2);
    expect(timers.size).toBe(0);
  });

  it('fails for all of them, and is asked for anew after that', async () => {
    const { shared: one } = shared();
    const ask = (answer: Promise<number>): Promise<number> => one.ask('it', () => answer);
    const failing = ask(Promise.reject(new Error('no')));
    const waiting = ask(Promise.resolve(1));
    expect(await Promise.allSettled([failing, waiting])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    expect(await ask(Promise.resolve(2))).toBe(2);
  });

  const never = (): Promise<never> => new Promise(() => undefined);

  /** Somebody asks first and is cut off, then two others come. */
  function heldUp() {
    const world = shared();
    const asked: string[] = [];
    const ask = (who: string, answer: Promise<number>): Promise<number> =>
      world.shared.ask('it', () => {
        asked.push(who);
        return answer;
      });
    void ask('first', never());
    return { ...world, asked, ask };
  }

  it('is asked for by the first who loses patience, for all who wait, when who asked first was cut off', async () => {
    const { ask, asked, timers } = heldUp();
    const waiting = Promise.all([ask('ann', Promise.resolve(7)), ask('ben', Promise.resolve(8))]);
    const [ann] = timers;
    ann?.();
    expect(await waiting).toEqual([7, 7]);
    expect(asked).toEqual(['first', 'ann']);
    expect(timers.size).toBe(0);
  });

  it('is asked for by each who loses patience, one after the other, so that nobody is held up twice', async () => {
    const { ask, asked, timers } = heldUp();
    void ask('second', never());
    const ann = ask('ann', Promise.resolve(7));
    timers.forEach((run) => run());
    await expect.poll(() => timers.size).toBe(1);
    expect(asked).toEqual(['first', 'second']);
    timers.forEach((run) => run());
    expect(await ann).toBe(7);
    expect(asked).toEqual(['first', 'second', 'ann']);
    expect(await ask('later', Promise.resolve(9))).toBe(9);
  });

  it('is asked for at once by whoever comes when the one before was given up', async () => {
    const { ask, world } = heldUp();
    world.now_ms += 6_000;
    expect(await ask('ann', Promise.resolve(7))).toBe(7);
  });
});
