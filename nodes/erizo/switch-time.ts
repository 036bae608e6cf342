import { limits } from '../../protocol/limits.ts';

/** When a stream begins to come another way, by the clock of the process. */
export interface SwitchTime {
  /** The key frame with which it begins is asked for then. */
  readonly ask_ms: number;
  /** And is here then. */
  readonly arrival_ms: number;
  /** From when on another one may be asked for without waiting for it. */
  readonly next_ms: number;
}

const defaults = {
  /** Requests that are as far apart as they must be at least, by other clocks and after jitter on the way. */
  slack_ms: 50,
  /** A key frame that took longer was lost once, or waited for others: the next one may come sooner. */
  longestKeyFrame_ms: 600,
} as const;

const spacing_ms = limits.keyFrameRequest_ms + defaults.slack_ms;

export interface FirstKeyFrame {
  /** When it was asked for. */
  readonly asked_ms: number;
  /** Until it came. */
  readonly took_ms: number;
}

/**
 * A viewer shows nothing from when it has taken the new way until the first key frame of that, and cannot use
 * one that comes before. So the key frame is asked for once, for all viewers of the process, early enough to be
 * there when the slowest of them is ready, which is `readyIn_ms` after it was offered.
 */
export function switchTime(
  { asked_ms, took_ms }: FirstKeyFrame,
  { now_ms, readyIn_ms }: { now_ms: number; readyIn_ms: number },
): SwitchTime {
  if (readyIn_ms === 0) {
    return { ask_ms: now_ms, arrival_ms: now_ms, next_ms: asked_ms + spacing_ms };
  }
  const way_ms = took_ms <= defaults.longestKeyFrame_ms ? took_ms : 0;
  const ask_ms = Math.max(now_ms + Math.max(0, readyIn_ms - way_ms), asked_ms + spacing_ms);
  return { ask_ms, arrival_ms: ask_ms + way_ms, next_ms: ask_ms + spacing_ms };
}
