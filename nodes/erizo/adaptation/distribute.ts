import type { Level, Priority, StrategyId } from '../../../protocol/priorities.ts';
import { priorityStrategies } from '../../../protocol/priorities.ts';
import { numbers } from './numbers.ts';
import type { Demand } from './shares.ts';

export interface PriorityDemand extends Demand {
  readonly priority: Priority;
}

/** What each video gets, and since when. */
export type Levels = ReadonlyMap<string, { level: Level; since_ms: number }>;

/**
 * Shares the bandwidth of a connection out by a strategy: each step raises the streams of its priority
 * to its layer where that fits. A stream for which nothing is said where its lowest layer does not fit
 * gets that nevertheless, as with Licode.
 */
export function distribute(
  available_bps: number,
  demands: readonly PriorityDemand[],
  strategy: StrategyId,
): ReadonlyMap<string, Level> {
  const steps = priorityStrategies[strategy];
  const known = new Set(steps.map(([priority]) => priority));
  const groupOf = ({ priority }: PriorityDemand): Priority =>
    known.has(priority) ? priority : 'default';
  const levels = new Map<string, Level>();
  let left_bps = available_bps;
  for (const [priority, level] of steps) {
    for (const demand of demands.filter((one) => groupOf(one) === priority)) {
      const { streamId, layers_bps } = demand;
      if (typeof level === 'string') {
        levels.set(streamId, level);
        continue;
      }
      const before = levels.get(streamId);
      const cost_bps = Math.max(0, bitrateOf(level, layers_bps) - bitrateOf(before, layers_bps));
      if (level > rankOf(before) && cost_bps <= left_bps) {
        levels.set(streamId, level);
        left_bps -= cost_bps;
      }
    }
  }
  return new Map(demands.map(({ streamId }) => [streamId, levels.get(streamId) ?? 0]));
}

/** The levels a moment later: less at once, more after a while and with something to spare. */
export function levelsStep(
  before: Levels,
  measured: {
    available_bps: number;
    demands: readonly PriorityDemand[];
    strategy: StrategyId;
    now_ms: number;
  },
): Levels {
  const { available_bps, demands, strategy, now_ms } = measured;
  const most = distribute(available_bps, demands, strategy);
  const safe = distribute(available_bps / numbers.raiseMargin, demands, strategy);
  const next = new Map<string, { level: Level; since_ms: number }>();
  for (const [streamId, level] of most) {
    const current = before.get(streamId);
    const raised = safe.get(streamId) ?? level;
    if (current === undefined || rankOf(level) < rankOf(current.level)) {
      next.set(streamId, { level, since_ms: now_ms });
    } else if (
      rankOf(raised) > rankOf(current.level) &&
      now_ms - current.since_ms >= numbers.raise_ms
    ) {
      next.set(streamId, { level: raised, since_ms: now_ms });
    } else {
      next.set(streamId, current);
    }
  }
  return next;
}

/** A layer that does not come now costs nothing more: that it may come is for its publisher to know. */
function bitrateOf(level: Level | undefined, layers_bps: readonly number[]): number {
  return typeof level === 'number' ? (layers_bps[level] ?? layers_bps.at(-1) ?? 0) : 0;
}

function rankOf(level: Level | undefined): number {
  switch (level) {
    case undefined:
      return -3;
    case 'freeze':
      return -2;
    case 'slideshow':
      return -1;
    default:
      return level;
  }
}
