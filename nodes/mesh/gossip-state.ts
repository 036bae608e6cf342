import type { Certificate } from '../../protocol/certificate.ts';
import type { KnownCard } from '../../protocol/contracts/gossip.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';

/** A card that was checked, and the text of it that is passed on. */
export interface HeardCard {
  readonly nodeId: string;
  readonly said_ms: number;
  /** When it last changed; a card that was only said again is no news. */
  readonly since_ms: number;
  readonly gone: boolean;
  readonly text: string;
  readonly card: NodeCard;
  /** How busy the node is, and the ways that it measured; absent where it does not say so. */
  readonly load?: SaidLoad | undefined;
  readonly certificate: Certificate;
}

/** What is known of a node, by the newest card of it. */
export type Entry = {
  readonly heard: HeardCard;
  /** When it was said, by our own clock: it grows old as that goes on, whatever becomes of the date. */
  readonly saidAt_ms: number;
  /** The cards of it that came lately, counted since then: a node has few. */
  readonly came: { readonly count: number; readonly since_ms: number };
} & (
  | { readonly is: 'here' }
  /** Somebody who was linked with it hears it no more: it is lost then, unless it says something first. */
  | { readonly is: 'doubted'; readonly until_ms: number }
  /** It may come back, and is looked for now and then. */
  | { readonly is: 'lost' }
  /** It said goodbye. */
  | { readonly is: 'gone' }
);

/** What one neighbour is yet to be told, and when it was heard. */
export interface LinkState {
  readonly heardAt_ms: number;
  readonly beatAt_ms: number;
  readonly newsAt_ms: number;
  readonly haveAt_ms: number;
  /** Beats in a row whose sum is not ours. */
  readonly differs: number;
  /** Ids of nodes whose cards, and of nodes whose doubts, go with the next news. */
  readonly cards: ReadonlySet<string>;
  readonly doubted: ReadonlySet<string>;
  /** Whether any of that is news. */
  readonly isUrgent: boolean;
}

export interface GossipState {
  readonly self: string;
  readonly cards: ReadonlyMap<string, Entry>;
  /** By the id of the neighbour. */
  readonly links: ReadonlyMap<string, LinkState>;
  readonly tickedAt_ms: number;
  /** When one of the cards is to be looked at next, as its time is over. */
  readonly ageAt_ms: number;
  /** The same number for the same cards, in whatever order they came. */
  readonly sum: number;
}

export type GossipMessage =
  | { is: 'beat'; sum: number }
  | { is: 'news'; cards: readonly string[]; doubted: readonly KnownCard[] }
  | { is: 'have'; cards: readonly KnownCard[] };

export type GossipEvent =
  /** This node has said something new of itself. */
  | { is: 'own'; card: HeardCard }
  | { is: 'linked'; node: string }
  /** `parted` where the other said so before. */
  | { is: 'unlinked'; node: string; parted: boolean }
  /** It could not be dialled. */
  | { is: 'unreached'; node: string }
  | { is: 'news'; from: string; cards: readonly HeardCard[]; doubted: readonly KnownCard[] }
  | { is: 'beat'; from: string; sum: number }
  | { is: 'have'; from: string; cards: readonly KnownCard[] }
  | { is: 'tick' };

export type GossipEffect =
  | { do: 'send'; to: string; message: GossipMessage }
  | { do: 'hangUp'; node: string }
  /** Say something later than that: somebody doubts this node, or has a later card of it. */
  | { do: 'speak'; after_ms: number }
  /** Refused: the node says too much. */
  | { do: 'refuse'; node: string; why: 'flood' | 'replayed' }
  /** Who is there is not what it was. */
  | { do: 'changed' };

/** The time of an event, in ms: by the clock of durations, and the date. */
export interface GossipTime {
  readonly now_ms: number;
  readonly date_ms: number;
}

/** All times of it in ms. */
export const gossipTimes = {
  /** A neighbour says that it lives; some hundred bytes. */
  beat_ms: 500,
  /** Nearly three beats: a process that stops so long is late for its clients too. */
  silence_ms: 1_400,
  /** For a node that is doubted to hear of it over the longest ways, and to be heard. */
  doubt_ms: 1_000,
  /** News of this time go together, so that a neighbour gets no more messages in a larger mesh. */
  news_ms: 200,
  /** What was only said again waits so long for more of its kind. */
  again_ms: 2_000,
  /** Two that differ say so no more often: cards that are on their way make them differ, too. */
  have_ms: 2_000,
  /** How often the above are looked at. */
  tick_ms: 200,
} as const;

export function newGossipState(self: string, now_ms: number): GossipState {
  return {
    self,
    cards: new Map(),
    links: new Map(),
    tickedAt_ms: now_ms,
    ageAt_ms: now_ms,
    sum: 0,
  };
}

/** Whether the node counts as one that is there. */
export function isHere(entry: Entry): boolean {
  return entry.is === 'here' || entry.is === 'doubted';
}

/** The nodes that are there, this one among them. */
export function hereIn(state: GossipState): HeardCard[] {
  return [...state.cards.values()].filter(isHere).map(({ heard }) => heard);
}

export function knownIn(state: GossipState): KnownCard[] {
  return hereIn(state).map(({ nodeId, said_ms }) => ({ nodeId, said_ms }));
}

const hashes = new WeakMap<HeardCard, number>();

/** What a card adds to the sum: FNV-1a over id and time, which only tells one card from another. */
export function hashOf(heard: HeardCard | undefined): number {
  if (heard === undefined) {
    return 0;
  }
  const known = hashes.get(heard);
  if (known !== undefined) {
    return known;
  }
  let hash = 0x811c9dc5;
  for (const char of `${heard.nodeId}/${heard.since_ms}`) {
    hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  hashes.set(heard, hash);
  return hash;
}
