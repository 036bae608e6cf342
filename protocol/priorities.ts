import * as v from 'valibot';

/**
 * How much a subscriber cares for a stream (Licode: `priorityLevel`), the highest first. `speaker` cannot
 * be asked for: it is that of whoever speaks, where the strategy has it.
 */
export const priorities = ['speaker', '40', '30', '20', '10', '0', 'default'] as const;

export const Priority = v.picklist(['40', '30', '20', '10', '0', 'default']);
export const StrategyId = v.picklist(['high', 'low', 'speaker']);

export type Priority = (typeof priorities)[number];
export type StrategyId = v.InferOutput<typeof StrategyId>;

/** A spatial layer, 0 is the lowest; or what becomes of a video whose lowest layer does not fit. */
export type Level = number | 'slideshow' | 'freeze';

/** Gives the streams of a priority the level, where it fits, before the next step has its turn. */
export type Step = readonly [Priority, Level];

/**
 * How the bandwidth of a connection is shared out (Licode: `bwDistributorConfig.strategyDefinitions`, with
 * its default file's `high` and `low`; `speaker` is ours). A stream whose priority has no step is `default`.
 */
export const priorityStrategies: Readonly<Record<StrategyId, readonly Step[]>> = {
  /** All layers: the lowest of each first. */
  high: [
    ...([
      ['40', 0],
      ['30', 0],
      ['20', 'slideshow'],
      ['10', 0],
      ['0', 0],
      ['default', 0],
    ] as const),
    ...([
      ['40', 1],
      ['40', 2],
      ['30', 1],
      ['30', 2],
      ['20', 0],
      ['20', 1],
      ['20', 2],
    ] as const),
    ...([
      ['10', 1],
      ['10', 2],
      ['0', 1],
      ['0', 2],
      ['default', 1],
    ] as const),
  ],
  /** Only what has the highest priority gets more than its lowest layer. */
  low: [
    ...([
      ['40', 'freeze'],
      ['30', 'freeze'],
      ['20', 'slideshow'],
      ['10', 'freeze'],
    ] as const),
    ...([
      ['0', 'freeze'],
      ['default', 'freeze'],
      ['40', 0],
      ['30', 0],
      ['20', 0],
      ['10', 0],
    ] as const),
    ...([
      ['40', 1],
      ['40', 2],
      ['0', 0],
      ['default', 0],
    ] as const),
  ],
  /** Whoever speaks gets all layers before anybody else gets more than a slide every few seconds. */
  speaker: [
    ...([
      ['40', 'slideshow'],
      ['30', 'slideshow'],
      ['20', 'slideshow'],
    ] as const),
    ...([
      ['10', 'slideshow'],
      ['0', 'slideshow'],
      ['default', 'slideshow'],
    ] as const),
    ...([
      ['speaker', 0],
      ['speaker', 1],
      ['speaker', 2],
    ] as const),
    ...([
      ['40', 0],
      ['30', 0],
      ['20', 0],
      ['10', 0],
      ['0', 0],
      ['default', 0],
    ] as const),
    ...([
      ['40', 1],
      ['30', 1],
      ['20', 1],
      ['10', 1],
      ['0', 1],
      ['default', 1],
    ] as const),
    ...([
      ['40', 2],
      ['30', 2],
      ['20', 2],
      ['10', 2],
      ['0', 2],
      ['default', 2],
    ] as const),
  ],
};

/** For the worker, which shares out by such weights between two looks of ours: 1 is the least. */
export function weightOf(priority: Priority): number {
  const order = priorities.indexOf(priority);
  return Math.max(1, priorities.length - 1 - order);
}

/** Whether the strategy gives something to whoever speaks. */
export function hasSpeaker(strategy: StrategyId | undefined): boolean {
  const steps = strategy === undefined ? [] : priorityStrategies[strategy];
  return steps.some(([priority]) => priority === 'speaker');
}
