import * as v from 'valibot';
import type { Contract } from '../contract.ts';
import { NodeId } from '../ids.ts';
import { limits } from '../limits.ts';
import { SaidAt, SaidCardText } from '../said-card.ts';

/** Which card of a node somebody has. */
export const KnownCard = v.strictObject({ nodeId: NodeId, said_ms: SaidAt });

export type KnownCard = v.InferOutput<typeof KnownCard>;

const knownCards = (max: number) => v.pipe(v.array(KnownCard), v.maxLength(max));

/** What nodes that are linked in the mesh tell each other, both ways alike. */
export const gossip = {
  /** Whoever says it lives; `sum` is the same for two that have the same cards. */
  'gossip.beat': {
    params: v.strictObject({ sum: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
    notify: true,
  },
  /** Cards that the other may not have, and nodes that did not answer, with the card that they had. */
  'gossip.news': {
    params: v.strictObject({
      cards: v.pipe(v.array(SaidCardText), v.maxLength(limits.gossipCards)),
      doubted: knownCards(limits.members),
    }),
    notify: true,
  },
  /** All that this side knows to be there: the other tells what it knows better. */
  'gossip.have': {
    params: v.strictObject({ cards: knownCards(limits.members) }),
    notify: true,
  },
  /** This side hangs up, and lives on. */
  'gossip.part': {
    params: v.strictObject({}),
    notify: true,
  },
} as const satisfies Contract;

export type Gossip = typeof gossip;
