import { describe, expect, it } from 'vitest';
import { WriteTogether } from '../../../edge/objects/write-together.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

describe('writes of requests that come at once', () => {
  it('are run at once for who comes alone, and together for those who come meanwhile', async () => {
    const clock = new VirtualClock();
    const writes = new WriteTogether({ clock });
    const turns: string[] = [];
    await writes.run(() => turns.push('first'));
    const waiting = ['second', 'third'].map((name) => writes.run(() => turns.push(name)));
    expect(turns).toEqual(['first']);
    clock.advance(3);
    await Promise.all(waiting);
    expect(turns).toEqual(['first', 'second', 'third']);
    clock.advance(3);
    await writes.run(() => turns.push('alone again'));
    expect(turns.at(-1)).toBe('alone again');
  });

  it('fail each for itself', async () => {
    const clock = new VirtualClock();
    const writes = new WriteTogether({ clock });
    await writes.run(() => undefined);
    const fails = writes.run(() => {
      throw new Error('on purpose');
    });
    const works = writes.run(() => 'written');
    clock.advance(3);
    await Promise.all([
      expect(fails).rejects.toThrow('on purpose'),
      expect(works).resolves.toBe('written'),
    ]);
  });
});
