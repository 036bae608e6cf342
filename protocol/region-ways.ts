import type { RegionState } from './region-tree.ts';

/** What one node says of the ways from its region to others. */
export interface SaidWays {
  readonly region: string;
  /** Round trips in ms, by region. */
  readonly rtts_ms?: Readonly<Record<string, number>> | undefined;
}

/** Round trips that nodes measured, by the regions that they are between. */
export class RegionWays {
  readonly #rows = new Map<string, Map<string, number>>();

  constructor(nodes: Iterable<SaidWays>) {
    for (const { region, rtts_ms } of nodes) {
      const row = this.#rows.get(region) ?? new Map<string, number>();
      for (const [to, rtt_ms] of Object.entries(rtts_ms ?? {})) {
        row.set(to, Math.min(rtt_ms, row.get(to) ?? Infinity));
      }
      this.#rows.set(region, row);
    }
  }

  /** The round trip in ms between two regions, the least that either side measured; undefined where neither did. */
  between(a: string, b: string): number | undefined {
    const there = this.#rows.get(a)?.get(b);
    const back = this.#rows.get(b)?.get(a);
    return there === undefined || back === undefined ? (there ?? back) : Math.min(there, back);
  }

  /** Whether nodes of the region measured anything. */
  hasFrom(region: string): boolean {
    return (this.#rows.get(region)?.size ?? 0) > 0;
  }
}

const rank: Readonly<Record<RegionState, number>> = { available: 0, warning: 1, full: 2 };

/** Less than zero where the first state is the less busy one. */
export function compareStates(a: RegionState, b: RegionState): number {
  return rank[a] - rank[b];
}

/** The best of the states; `full` where there is none. */
export function freest(states: readonly RegionState[]): RegionState {
  return states.reduce((best, state) => (compareStates(state, best) < 0 ? state : best), 'full');
}
