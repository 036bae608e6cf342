import type { NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';

const defaults = {
  /** As long as a room's trees last that the edge makes; a node says so twice a minute at the most. */
  pause_ms: 30_000,
} as const;

/** What was said last of a load, and when. */
export interface ToldLoad {
  readonly load: SaidLoad;
  readonly at_ms: number;
}

/** What others are told of a load. */
export function sayable({ state, rtts_ms }: NodeLoad): SaidLoad {
  return { state, rtts_ms };
}

/**
 * Whether it is to be said anew: in another state, with a way that came or went, or with one that differs by
 * so much that a tree of regions could be another; and not within `pause_ms`, unless these are the node's first.
 */
export function isNews({ load, at_ms }: ToldLoad, now: SaidLoad, now_ms: number): boolean {
  const mayBe = load.rtts_ms === undefined || now_ms - at_ms >= defaults.pause_ms;
  return mayBe && (load.state !== now.state || haveMoved(load, now));
}

function haveMoved({ rtts_ms: was = {} }: SaidLoad, { rtts_ms: is = {} }: SaidLoad): boolean {
  const regions = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...regions].some((region) => {
    const [before_ms, now_ms] = [was[region], is[region]];
    if (before_ms === undefined || now_ms === undefined) {
      return true;
    }
    const step_ms = Math.max(limits.relayGain_ms, limits.relayGain_share * before_ms);
    return Math.abs(now_ms - before_ms) >= step_ms;
  });
}
