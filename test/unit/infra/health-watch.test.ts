import { describe, expect, it } from 'vitest';
import { HealthWatch } from '../../../infra/local/health-watch.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A part that answers as the test wants; another process takes its place when it is replaced. */
function newWatch() {
  const clock = new VirtualClock();
  const said: string[] = [];
  const part = {
    pid: 7 as number | undefined,
    trouble: undefined as string | undefined,
    replaced: 0,
    replace: () => {
      part.replaced += 1;
      part.pid = (part.pid ?? 0) + 1;
    },
  };
  const check = { name: 'edge', ask: () => Promise.resolve(part.trouble) };
  const say = (text: string) => said.push(text);
  const watch = new HealthWatch({ clock, say }, { parts: [{ process: part, check }] });
  const pass = async (looks: number): Promise<void> => {
    for (let look = 0; look < looks; look += 1) {
      clock.advance(5_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { clock, part, said, watch, pass };
}

describe('a part of a local system', () => {
  it('that worked and does not answer six looks in a row is replaced, once', async () => {
    const { part, said, pass } = newWatch();
    await pass(3);
    part.trouble = 'no answer';
    await pass(5);
    expect(part.replaced).toBe(0);
    await pass(1);
    expect(part.replaced).toBe(1);
    expect(said).toEqual(['edge runs and does not work (no answer); it is replaced.']);
    // The new one may still be starting, for a minute.
    await pass(11);
    expect(part.replaced).toBe(1);
    await pass(1);
    expect(part.replaced).toBe(2);
  });

  it('that answers one of six is left alone, as is one that is down', async () => {
    const { part, pass } = newWatch();
    await pass(1);
    for (let round = 0; round < 4; round += 1) {
      part.trouble = 'no answer';
      await pass(5);
      part.trouble = undefined;
      await pass(1);
    }
    part.trouble = 'no answer';
    part.pid = undefined;
    await pass(10);
    expect(part.replaced).toBe(0);
  });

  it('is looked at no more once the system stops', async () => {
    const { clock, watch } = newWatch();
    watch.close();
    expect(clock.pending).toBe(0);
  });
});
