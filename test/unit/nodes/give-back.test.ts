import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveBackWhenIdle } from '../../../nodes/give-back.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** What nobody holds, and whether it is there still. */
function garbage(): WeakRef<object> {
  return new WeakRef({ text: 'read and compiled' });
}

async function aMomentAfterTheStart(isIdle: boolean): Promise<WeakRef<object>> {
  const clock = new VirtualClock();
  const kept = garbage();
  // What a weak reference was made of stays until the turn ends.
  await turn();
  giveBackWhenIdle({ clock }, () => isIdle);
  clock.advance(10_000);
  await turn();
  return kept;
}

test('a process that idles gives back what its start needed', async () => {
  expect((await aMomentAfterTheStart(true)).deref()).toBeUndefined();
});

test('a process that is at work is not held up', async () => {
  expect((await aMomentAfterTheStart(false)).deref()).toBeDefined();
});
