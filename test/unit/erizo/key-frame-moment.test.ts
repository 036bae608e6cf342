import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  keyFrameSpacing_ms,
  KeyFrameMoment,
  momentTimes,
} from '../../../nodes/erizo/key-frame-moment.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const time = fc.integer({ min: 0, max: 2_000 });

describe('the times of a moment in which viewers go over', () => {
  it('never have a key frame asked for too soon after the last one, nor an offer in the past', () => {
    fc.assert(
      fc.property(time, time, time, (took_ms, readyIn_ms, since_ms) => {
        const now_ms = took_ms + since_ms;
        const times = momentTimes({ asked_ms: 0, took_ms }, { now_ms, readyIn_ms });
        expect(times.offer_ms).toBeGreaterThanOrEqual(now_ms);
        expect(times.ask_ms).toBeGreaterThanOrEqual(Math.max(now_ms, took_ms + keyFrameSpacing_ms));
      }),
    );
  });

  it('have it asked for when viewers are ready, and earlier where it comes from far', () => {
    const now_ms = 2_000;
    const near = momentTimes({ asked_ms: 0, took_ms: 40 }, { now_ms, readyIn_ms: 100 });
    expect(near).toEqual({ offer_ms: 2_000, ask_ms: 3_000 });
    const far = momentTimes({ asked_ms: 0, took_ms: 380 }, { now_ms, readyIn_ms: 100 });
    expect(far).toEqual({ offer_ms: 2_230, ask_ms: 2_000 });
    // That one was lost, or waited for others.
    const lost = momentTimes({ asked_ms: 0, took_ms: 900 }, { now_ms, readyIn_ms: 100 });
    expect(lost).toEqual(near);
  });
});

describe('a moment in which viewers go over', () => {
  function begin(readiesIn_ms: number[]) {
    const clock = new VirtualClock();
    clock.advance(1_000);
    const asked_ms = clock.now() - 1_000;
    const moment = KeyFrameMoment.create(
      { clock },
      { first: { asked_ms, took_ms: 40 }, readiesIn_ms },
    );
    const told: string[] = [];
    void moment.asked.then(() => told.push('asked'));
    void moment.next.then(() => told.push('next'));
    const after = async (wait_ms: number): Promise<string[]> => {
      clock.advance(wait_ms);
      await Promise.resolve();
      return told.splice(0);
    };
    return { moment, after };
  }

  it('comes when the last of them is ready', async () => {
    const { moment, after } = begin([100, 100]);
    moment.ready();
    expect(await after(20)).toEqual([]);
    moment.ready();
    expect(await after(0)).toEqual(['asked']);
    expect(await after(2 * keyFrameSpacing_ms)).toEqual(['next']);
  });

  it('waits for others once somebody is ready, but not for long', async () => {
    const { moment, after } = begin([100, 100, 100]);
    expect(await after(500)).toEqual([]);
    moment.ready();
    expect(await after(79)).toEqual([]);
    expect(await after(1)).toEqual(['asked']);
    moment.ready();
    moment.ready();
    expect(await after(2 * keyFrameSpacing_ms)).toEqual(['next']);
  });

  it('comes though nobody answers, and at once where there is nobody', async () => {
    const slow = begin([100]);
    expect(await slow.after(999)).toEqual([]);
    expect(await slow.after(1)).toEqual(['asked']);
    expect(await begin([]).after(0)).toEqual(['asked', 'next']);
  });
});
