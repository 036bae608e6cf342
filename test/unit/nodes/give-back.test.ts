import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { giveBackWhenIdle, giveBackWhenQuiet } from '../../../nodes/give-back.ts';
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

const MiB = 1024 * 1024;

/** A process that looks at itself each 10 s, and what it finds then. */
function processWith(given: { busy: number; held_MiB: number; left_MiB: number }) {
  const clock = new VirtualClock();
  const state = { ...given, collected: 0 };
  giveBackWhenQuiet(
    { clock },
    {
      busy: () => state.busy,
      held_bytes: () => state.held_MiB * MiB,
      collect: () => {
        state.collected += 1;
        state.held_MiB = state.left_MiB;
        return Promise.resolve();
      },
    },
  );
  return {
    state,
    look: async (): Promise<number> => {
      clock.advance(10_000);
      await turn();
      return state.collected;
    },
  };
}

test('a process that was at work gives back what that has left, once it is quiet', async () => {
  const { state, look } = processWith({ busy: 0.01, held_MiB: 50, left_MiB: 50 });
  expect(await look()).toBe(0);
  Object.assign(state, { busy: 0.9, held_MiB: 150, left_MiB: 60 });
  expect(await look()).toBe(0);
  state.busy = 0.01;
  expect(await look()).toBe(1);
  expect(await look()).toBe(1);
});

test('a process that holds little more than it has to is not held up for it', async () => {
  const { state, look } = processWith({ busy: 0.01, held_MiB: 50, left_MiB: 50 });
  await look();
  state.held_MiB = 60;
  expect(await look()).toBe(0);
  state.held_MiB = 70;
  expect(await look()).toBe(1);
});

test('what a process cannot give back it does not look for again', async () => {
  const { state, look } = processWith({ busy: 0.01, held_MiB: 50, left_MiB: 100 });
  await look();
  state.held_MiB = 110;
  expect([await look(), await look(), await look()]).toEqual([1, 1, 1]);
});
