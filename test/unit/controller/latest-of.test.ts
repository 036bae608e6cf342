import { describe, expect, it } from 'vitest';
import { LatestOf } from '../../../nodes/controller/latest-of.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

interface Thing {
  value: number;
}

function setUp() {
  const clock = new VirtualClock();
  const told: number[] = [];
  const running: PromiseWithResolvers<void>[] = [];
  const latest = new LatestOf<Thing>(
    { clock },
    {
      every_ms: 200,
      run: ({ value }) => {
        told.push(value);
        const done = Promise.withResolvers<void>();
        running.push(done);
        return done.promise;
      },
    },
  );
  const thing: Thing = { value: 0 };
  const ask = (value: number): Promise<void> => {
    thing.value = value;
    return latest.ask(thing);
  };
  return { clock, told, running, latest, ask };
}

describe('what is asked for again and again', () => {
  it('is done at once, and then once for all that were asked meanwhile, with the newest', async () => {
    const { clock, told, running, ask } = setUp();
    const first = ask(1);
    const later = [ask(2), ask(3), ask(4)];
    running[0]?.resolve();
    await first;
    expect(told).toEqual([1]);
    clock.advance(199);
    expect(told).toEqual([1]);
    clock.advance(1);
    expect(told).toEqual([1, 4]);
    running[1]?.resolve();
    await Promise.all(later);
    expect(clock.pending).toBe(0);
  });

  it('is not done again before the last time is over', async () => {
    const { clock, told, running, ask } = setUp();
    const first = ask(1);
    const second = ask(2);
    clock.advance(1_000);
    expect(told).toEqual([1]);
    running[0]?.resolve();
    await first;
    await Promise.resolve();
    expect(told).toEqual([1, 2]);
    running[1]?.resolve();
    await second;
  });

  it('fails for those who asked for it, and for nobody after them', async () => {
    const { clock, running, ask } = setUp();
    const first = ask(1);
    running[0]?.reject(new Error('not now'));
    await expect(first).rejects.toThrow('not now');
    clock.advance(200);
    const second = ask(2);
    running[1]?.resolve();
    await second;
  });

  it('is done for one thing whatever is asked of another', () => {
    const { told, latest, ask } = setUp();
    void ask(1);
    void ask(2);
    void latest.ask({ value: 3 });
    expect(told).toEqual([1, 3]);
  });
});
