import type { EdgeError } from './error.ts';

const defaults = {
  /** Sendings of one call: what two repetitions do not heal is for the app to know of. */
  attempts: 3,
  /** The first pause, on average half of it; each one after is twice as long. */
  pause_ms: 500,
  /** A longer wait that the edge asks for is the app's to plan. */
  longestPause_ms: 10_000,
} as const;

/** Of a call that failed: how often it was sent, and whether a second time does what one does. */
export interface Failure {
  readonly error: EdgeError;
  readonly attempts: number;
  readonly isIdempotent: boolean;
}

/**
 * How long to wait before a failed call is sent again, or undefined where it must not be: what may
 * have been done already is repeated only where that changes nothing. `random` is in [0, 1).
 */
export function pauseBefore(failure: Failure, random: () => number): number | undefined {
  const { error, attempts, isIdempotent } = failure;
  // Who is limited was refused before anything was done.
  const isSafe = isIdempotent || error.code === 'rate_limited';
  if (!isSafe || !error.retryable || attempts >= defaults.attempts) {
    return undefined;
  }
  const asked_ms = (error.retryAfter_s ?? 0) * 1_000;
  if (asked_ms > defaults.longestPause_ms) {
    return undefined;
  }
  // Full jitter, so that servers which failed together do not come back together.
  return asked_ms + random() * defaults.pause_ms * 2 ** (attempts - 1);
}
