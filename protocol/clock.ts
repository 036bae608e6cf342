/** Time as a part is given it, so that a test can move it. All times in milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after `delay_ms`; the answer cancels it and may be called at any time. */
  after(delay_ms: number, run: () => void): Cancel;
  /** Calls `run` every `period_ms` until cancelled. */
  every(period_ms: number, run: () => void): Cancel;
}

export type Cancel = () => void;

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, run) {
    const timer = setTimeout(run, delay_ms);
    return () => clearTimeout(timer);
  },
  every(period_ms, run) {
    const timer = setInterval(run, period_ms);
    return () => clearInterval(timer);
  },
};
