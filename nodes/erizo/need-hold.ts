import type { StreamNeed } from '../../protocol/layers.ts';
import { isSameNeed, joinNeeds } from './stream-need.ts';

/**
 * What is needed of a stream, and what whoever sends it was told. More is said at once, since somebody
 * waits for it. Less is said when it was less for a while: viewers who come and go cost no messages.
 */
export interface NeedHold {
  readonly needed: StreamNeed;
  /** Never less than `needed`. */
  readonly said: StreamNeed;
  /** While less is needed than was said: until when that waits, and the most that was needed meanwhile. */
  readonly waiting: { readonly until_ms: number; readonly most: StreamNeed } | undefined;
}

export function beginHold(said: StreamNeed): NeedHold {
  return { needed: said, said, waiting: undefined };
}

/** Another need than before, at this time. */
export function onNeed(
  hold: NeedHold,
  needed: StreamNeed,
  { now_ms, hold_ms }: { now_ms: number; hold_ms: number },
): NeedHold {
  const said = joinNeeds([hold.said, needed]);
  if (hold.waiting !== undefined) {
    const most = joinNeeds([hold.waiting.most, needed]);
    return { needed, said, waiting: { ...hold.waiting, most } };
  }
  return { needed, said, waiting: wait(needed, said, now_ms + hold_ms) };
}

/** The time has come until which it waited. */
export function onTime(
  hold: NeedHold,
  { now_ms, hold_ms }: { now_ms: number; hold_ms: number },
): NeedHold {
  const { needed, waiting } = hold;
  if (waiting === undefined || now_ms < waiting.until_ms) {
    return hold;
  }
  const said = waiting.most;
  return { needed, said, waiting: wait(needed, said, now_ms + hold_ms) };
}

function wait(needed: StreamNeed, said: StreamNeed, until_ms: number): NeedHold['waiting'] {
  return isSameNeed(needed, said) ? undefined : { until_ms, most: needed };
}
