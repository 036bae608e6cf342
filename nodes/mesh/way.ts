/** What is known of the way to another region. */
export interface Way {
  /** Of the least of each round: what is over it is waiting, here or there. So one that is less counts at once, others are smoothed. */
  readonly rtt_ms: number;
  /** How much later than the least the others of a round come, smoothed. */
  readonly jitter_ms: number;
  /** The share of pings that were not answered, smoothed. */
  readonly loss: number;
  /** What others are told: it stays until the truth is far enough from it. */
  readonly shown_ms: number;
  /** Rounds in a row in which nothing was answered. */
  readonly silent: number;
}

const defaults = {
  /** The weight of a round that took longer: one that is off moves it little, and a way that became longer counts after some. */
  weight: 0.25,
  /** A change below both costs a write at the edge and decides nothing: relays have to gain more. */
  shownStep_ms: 2,
  shownStep_share: 0.05,
  /** After so many rounds without an answer nothing is known of the way any more. */
  silentRounds: 3,
} as const;

/** The way after a round of pings, of which some may not have been answered. */
export function measured(
  way: Way | undefined,
  round_ms: readonly (number | undefined)[],
): Way | undefined {
  const answered_ms = round_ms.filter((rtt_ms) => rtt_ms !== undefined);
  const lost = 1 - answered_ms.length / round_ms.length;
  if (answered_ms.length === 0) {
    const silent = (way?.silent ?? 0) + 1;
    return way === undefined || silent >= defaults.silentRounds
      ? undefined
      : { ...way, silent, loss: smoothed(way.loss, lost) };
  }
  const least_ms = Math.min(...answered_ms);
  const late_ms = answered_ms.reduce((sum, rtt_ms) => sum + rtt_ms, 0) / answered_ms.length;
  const rtt_ms = Math.min(least_ms, smoothed(way?.rtt_ms, least_ms));
  return {
    rtt_ms,
    jitter_ms: smoothed(way?.jitter_ms, late_ms - least_ms),
    loss: smoothed(way?.loss, lost),
    shown_ms: shown(way?.shown_ms, rtt_ms),
    silent: 0,
  };
}

function smoothed(before: number | undefined, now: number): number {
  return before === undefined ? now : before + defaults.weight * (now - before);
}

function shown(before_ms: number | undefined, rtt_ms: number): number {
  const step_ms = Math.max(defaults.shownStep_ms, defaults.shownStep_share * (before_ms ?? 0));
  return before_ms !== undefined && Math.abs(rtt_ms - before_ms) < step_ms
    ? before_ms
    : Math.round(rtt_ms);
}
