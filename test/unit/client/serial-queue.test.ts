import { describe, expect, it } from 'vitest';
import { SerialQueue } from '../../../client/sdk/serial-queue.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function newQueue() {
  const clock = new VirtualClock();
  const queue = new SerialQueue({ clock }, { waiting: 3, task_ms: 1_000 });
  return { clock, queue };
}

describe('SerialQueue', () => {
  it('begins a task when the one before it has ended', async () => {
    const { queue } = newQueue();
    const first = Promise.withResolvers<void>();
    const begun: string[] = [];
    const one = queue.run(async () => {
      begun.push('one');
      await first.promise;
    });
    const two = queue.run(() => {
      begun.push('two');
      return Promise.resolve('done');
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(begun).toEqual(['one']);
    first.resolve();
    await one;
    await expect(two).resolves.toBe('done');
    expect(begun).toEqual(['one', 'two']);
  });

  it('goes on after a task that failed', async () => {
    const { queue } = newQueue();
    const one = queue.run(() => Promise.reject(new Error('broken')));
    const two = queue.run(() => Promise.resolve(2));
    await expect(one).rejects.toThrow('broken');
    await expect(two).resolves.toBe(2);
  });

  it('goes on after a task that never ends', async () => {
    const { clock, queue } = newQueue();
    const begun = Promise.withResolvers<void>();
    const one = queue.run(() => {
      begun.resolve();
      return new Promise(() => undefined);
    });
    const two = queue.run(() => Promise.resolve(2));
    await begun.promise;
    await Promise.resolve();
    clock.advance(1_000);
    await expect(one).rejects.toMatchObject({ code: 'timeout' });
    await expect(two).resolves.toBe(2);
    expect(clock.pending).toBe(0);
  });

  it('refuses more than may wait', async () => {
    const { queue } = newQueue();
    const tasks = Array.from({ length: 5 }, () => queue.run(() => Promise.resolve()));
    const ended = await Promise.allSettled(tasks);
    expect(ended.map(({ status }) => status)).toEqual([
      ...Array<string>(3).fill('fulfilled'),
      ...Array<string>(2).fill('rejected'),
    ]);
  });

  it('refuses tasks that had not begun when it was closed', async () => {
    const { queue } = newQueue();
    const waiting = queue.run(() => Promise.resolve());
    queue.close();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
