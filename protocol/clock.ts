/** Time as a part is given it, so that a test can move it. All times in whole milliseconds. */
export interface Clock {
  /**
   * Since some moment in the past, for durations: it goes on evenly when the date is set to another one. It means nothing to
   * others, nor to another run.
   */
  now(): number;
  /** Since 1970, for what is signed, stored or compared with what others say: it jumps when the date is set. */
  date(): number;
  /** Calls `run` once after `delay_ms`; the answer cancels it and may be called at any time. */
  after(delay_ms: number, run: () => void): Cancel;
  /** Calls `run` every `period_ms` until cancelled. */
  every(period_ms: number, run: () => void): Cancel;
}

export type Cancel = () => void;

/**
 * How long ago that was by a clock that may have been set meanwhile: for ever where it is yet to come, so that nothing that was kept
 * then is taken for fresh.
 */
export function ageOf(at_ms: number, now_ms: number): number {
  return at_ms > now_ms ? Number.POSITIVE_INFINITY : now_ms - at_ms;
}

/** The clocks of the machine. */
export const systemClock: Clock = {
  now: () => Math.floor(performance.now()),
  date: () => Date.now(),
  after(delay_ms, run) {
    const timer = setTimeout(run, delay_ms);
    return () => clearTimeout(timer);
  },
  every(period_ms, run) {
    const timer = setInterval(run, period_ms);
    return () => clearInterval(timer);
  },
};
