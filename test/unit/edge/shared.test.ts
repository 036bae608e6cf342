import { describe, expect, it } from 'vitest';
import { Shared } from '../../../edge/objects/shared.ts';

function shared() {
  const timers = new Set<() => void>();
  const clock = {
    after: (_: number, run: () => void) => {
      timers.add(run);
      return () => void timers.delete(run);
    },
  };
  return { shared: new Shared<number>({ clock }), timers };
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

  it('is asked for anew, by one of those who wait, when who asked first was cut off', async () => {
    const { shared: one, timers } = shared();
    let asked = 0;
    const ask = (answer: Promise<number>): Promise<number> =>
      one.ask('it', () => {
        asked += 1;
        return answer;
      });
    void ask(new Promise<never>(() => undefined));
    const waiting = Promise.all([ask(Promise.resolve(7)), ask(Promise.resolve(7))]);
    timers.forEach((run) => run());
    expect(await waiting).toEqual([7, 7]);
    expect(asked).toBe(2);
  });
});
