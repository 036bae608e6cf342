import { describe, expect, it } from 'vitest';
import { InOrder } from '../../../edge/objects/in-order.ts';

describe('what concerns one key', () => {
  it('runs in the order in which it was asked for, whatever fails before it', async () => {
    const order = new InOrder({ limit: 10 });
    const gate = Promise.withResolvers<void>();
    const ran: string[] = [];
    const first = order.run('a', async () => {
      await gate.promise;
      ran.push('first');
      throw new Error('first failed');
    });
    const second = order.run('a', async () => ran.push('second'));
    await order.run('b', async () => ran.push('other key'));
    expect(ran).toEqual(['other key']);
    gate.resolve();
    await expect(first).rejects.toThrow('first failed');
    await second;
    await order.idle('a');
    expect(ran).toEqual(['other key', 'first', 'second']);
  });

  it('is refused where too much waits, and taken again when it is done', async () => {
    const order = new InOrder({ limit: 1 });
    const gate = Promise.withResolvers<void>();
    const first = order.run('a', () => gate.promise);
    await expect(order.run('a', async () => 1)).rejects.toMatchObject({ code: 'overloaded' });
    gate.resolve();
    await first;
    await order.idle('a');
    expect(await order.run('a', async () => 2)).toBe(2);
  });
});
