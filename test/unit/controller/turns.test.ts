import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Turns } from '../../../nodes/controller/turns.ts';

it('what may wait is done in its order, eight things in each turn of the event loop', async () => {
  const turns = new Turns();
  const done: number[] = [];
  for (let at = 0; at < 20; at += 1) {
    turns.add(() => done.push(at));
  }
  const seen: number[] = [done.length];
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    seen.push(done.length);
  }
  expect(seen).toEqual([0, 8, 16, 20]);
  expect(done).toEqual(Array.from({ length: 20 }, (_, at) => at));
});
