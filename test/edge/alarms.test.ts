import { env } from 'cloudflare:workers';
import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../edge/log.ts';
import type { AlarmTask } from '../../edge/objects/alarms.ts';
import { Alarms } from '../../edge/objects/alarms.ts';
import { clock } from './support.ts';

type Purpose = 'first' | 'second';
const never = (): Promise<undefined> => Promise.resolve(undefined);

/** In the storage of a real object, which knows nothing of it. */
async function withAlarms<T>(
  name: string,
  run: (alarms: Alarms<Purpose>, storage: DurableObjectStorage) => Promise<T>,
): Promise<T> {
  const stub = env.SERVICES.get(env.SERVICES.idFromName(name));
  return await runInDurableObject(stub, async (_, { storage }) => {
    const log = createLog({ object: 'test' });
    const outcome = await run(new Alarms({ storage, now: () => clock.now_ms, log }), storage);
    await storage.deleteAlarm();
    return outcome;
  });
}

function counted(next: () => number | undefined = () => undefined): {
  task: AlarmTask;
  runs: number;
} {
  const counter = {
    runs: 0,
    task: () => {
      counter.runs += 1;
      return Promise.resolve(next());
    },
  };
  return counter;
}

describe('alarms of several purposes', () => {
  it('ring at the time of the earliest, which is run alone', async () => {
    await withAlarms('earliest', async (alarms, storage) => {
      const first = counted();
      const second = counted();
      const start_ms = clock.now_ms;
      await alarms.arm('second', start_ms + 2_000);
      await alarms.arm('first', start_ms + 1_000);
      expect(await storage.getAlarm()).toBe(start_ms + 1_000);
      clock.pass(1_000);
      await alarms.ring({ first: first.task, second: second.task });
      expect([first.runs, second.runs]).toEqual([1, 0]);
      expect(await storage.getAlarm()).toBe(start_ms + 2_000);
    });
  });

  it('do nothing where they ring twice or too early', async () => {
    await withAlarms('twice', async (alarms) => {
      const first = counted();
      await alarms.arm('first', clock.now_ms + 1_000);
      await alarms.ring({ first: first.task, second: never });
      expect(first.runs).toBe(0);
      clock.pass(1_000);
      await alarms.ring({ first: first.task, second: never });
      await alarms.ring({ first: first.task, second: never });
      expect(first.runs).toBe(1);
    });
  });

  it('ring again where a task asked for it, failed, or was armed while it ran', async () => {
    await withAlarms('again', async (alarms, storage) => {
      const start_ms = clock.now_ms;
      await alarms.arm('first', start_ms);
      await alarms.ring({ first: () => Promise.resolve(start_ms + 500), second: never });
      expect(await storage.getAlarm()).toBe(start_ms + 500);
      clock.pass(500);
      await alarms.ring({ first: () => Promise.reject(new Error('on purpose')), second: never });
      expect(await storage.getAlarm()).toBeGreaterThan(clock.now_ms);
      clock.pass(60_000);
      const armed_ms = clock.now_ms + 700;
      const arming = async (): Promise<undefined> => {
        await alarms.arm('first', armed_ms);
      };
      await alarms.ring({ first: arming, second: never });
      expect(await storage.getAlarm()).toBe(armed_ms);
    });
  });

  it('are forgotten one by one', async () => {
    await withAlarms('forgotten', async (alarms, storage) => {
      const [first, second] = [counted(), counted()];
      await alarms.arm('first', clock.now_ms);
      await alarms.arm('second', clock.now_ms);
      await alarms.disarm('first');
      expect(await storage.getAlarm()).toBe(clock.now_ms);
      await alarms.ring({ first: first.task, second: second.task });
      expect([first.runs, second.runs]).toEqual([0, 1]);
      await alarms.arm('second', clock.now_ms);
      await alarms.disarm('second');
      expect(await storage.getAlarm()).toBeNull();
    });
  });
});
