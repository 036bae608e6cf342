import type { PlacementPolicyName } from '../../protocol/contracts/placements.ts';
import type { Rule } from './rules.ts';
import { anywhere, firstJoiner, leastLoaded, nearest, pinned, spill, sticky } from './rules.ts';

/** How participants are placed: rules, of which the first that hits wins. */
export interface Policy {
  readonly name: PlacementPolicyName;
  readonly rules: readonly Rule[];
}

/**
 * The policies that a deployment may choose from (Licode: `ch_policies`). None can lead out of the pin:
 * rules are shown only what it allows.
 */
export const policies: Readonly<Record<PlacementPolicyName, Policy>> = {
  /** The shortest way for each participant; one room spans regions. */
  nearest: { name: 'nearest', rules: [pinned, sticky, nearest, spill, anywhere] },
  /** Even use of all nodes, wherever they are: for nodes in one place. */
  least_loaded: { name: 'least_loaded', rules: [pinned, leastLoaded, anywhere] },
  /** All of a room where its first participant is, as a server without cascades would have it. */
  first_joiner: {
    name: 'first_joiner',
    rules: [pinned, firstJoiner, sticky, nearest, spill, anywhere],
  },
};
