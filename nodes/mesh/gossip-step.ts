import { assertNever } from '../../protocol/assert-never.ts';
import type { KnownCard } from '../../protocol/contracts/gossip.ts';
import { limits } from '../../protocol/limits.ts';
import { GossipDraft } from './gossip-draft.ts';
import type {
  Entry,
  GossipEffect,
  GossipEvent,
  GossipState,
  GossipTime,
  HeardCard,
  LinkState,
} from './gossip-state.ts';
import { gossipTimes, isHere, knownIn } from './gossip-state.ts';

const defaults = {
  /** Beats that differ before it is asked why: news of a moment ago are on their way still. */
  differs: 2,
  /** Cards of one node in `flood_ms`: one that is doubted again and again says two a second at the most. */
  flood: 40,
  flood_ms: 10_000,
  /** How often cards are looked at that are good for minutes. */
  age_ms: 5_000,
} as const;

/** A card is good for its time, and for the skew of the clocks. */
const lifetime_ms = (limits.saidCard_ttl_s + limits.clockSkew_s) * 1000;

/**
 * How a node comes to know who is in the mesh. News go from neighbour to neighbour; neighbours that hear
 * nothing of each other doubt each other, which is news too, and whoever is doubted speaks up or is lost.
 */
export function gossipStep(
  state: GossipState,
  event: GossipEvent,
  time: GossipTime,
): { state: GossipState; effects: readonly GossipEffect[] } {
  const draft = new GossipDraft(state);
  const { now_ms } = time;
  switch (event.is) {
    case 'own':
      take(draft, event.card, undefined, time);
      break;
    case 'linked':
      draft.setLink(event.node, newLink(now_ms));
      draft.send(event.node, { is: 'have', cards: knownIn(state) });
      break;
    case 'unlinked':
      unlink(draft, event.node, event.parted, now_ms);
      break;
    case 'unreached':
      miss(draft, event.node, now_ms);
      break;
    case 'news':
      hearNews(draft, event, time);
      break;
    case 'beat':
      hearBeat(draft, event, now_ms);
      break;
    case 'have':
      compare(draft, event, now_ms);
      break;
    case 'tick':
      tick(draft, time);
      break;
    default:
      assertNever(event);
  }
  const isGoodbye = event.is === 'own' && event.card.gone;
  flush(draft, isGoodbye ? Infinity : now_ms, now_ms);
  return draft.done();
}

function newLink(now_ms: number): LinkState {
  const nothing = { cards: new Set<string>(), doubted: new Set<string>() };
  const times = { heardAt_ms: now_ms, beatAt_ms: 0, newsAt_ms: 0, haveAt_ms: now_ms };
  return { ...times, ...nothing, isUrgent: false, differs: 0 };
}

function heardLink(draft: GossipDraft, node: string, now_ms: number): LinkState | undefined {
  const link = draft.links.get(node);
  const heard = link === undefined ? undefined : { ...link, heardAt_ms: now_ms };
  if (heard !== undefined) {
    draft.setLink(node, heard);
  }
  return heard;
}

function unlink(draft: GossipDraft, node: string, parted: boolean, now_ms: number): void {
  draft.dropLink(node);
  if (!parted) {
    miss(draft, node, now_ms);
  }
}

function miss(draft: GossipDraft, node: string, now_ms: number): void {
  const entry = draft.cards.get(node);
  if (entry?.is === 'here') {
    doubt(draft, entry, undefined, now_ms);
  }
}

function hearNews(
  draft: GossipDraft,
  { from, cards, doubted }: Extract<GossipEvent, { is: 'news' }>,
  time: GossipTime,
): void {
  const { now_ms } = time;
  heardLink(draft, from, now_ms);
  for (const card of cards) {
    take(draft, card, from, time);
  }
  for (const { nodeId, said_ms } of doubted) {
    hearDoubt(draft, { nodeId, said_ms }, from, now_ms);
  }
}

/** A card: the newest of a node counts, and is news for all other neighbours. */
function take(
  draft: GossipDraft,
  card: HeardCard,
  from: string | undefined,
  { now_ms, date_ms }: GossipTime,
): void {
  const { nodeId, said_ms } = card;
  const before = draft.cards.get(nodeId);
  const isOwn = nodeId === draft.self;
  if (isOwn && from !== undefined) {
    // Of an earlier run of this node, or of another node with its keys: the later word counts.
    if (before !== undefined && said_ms > before.heard.said_ms) {
      draft.effects.push({ do: 'speak', after_ms: said_ms });
    }
    return;
  }
  if (before !== undefined && !outranks(card, before.heard, date_ms)) {
    if (said_ms < before.heard.said_ms) {
      draft.effects.push({ do: 'refuse', node: nodeId, why: 'replayed' });
    }
    return;
  }
  const came = cameAfter(before, now_ms);
  const isUnknown = before === undefined && draft.cards.size >= limits.members;
  if (isUnknown || (!isOwn && came.count > defaults.flood)) {
    draft.effects.push({ do: 'refuse', node: nodeId, why: 'flood' });
    return;
  }
  const saidAt_ms = now_ms - Math.min(Math.max(0, date_ms - said_ms), lifetime_ms);
  draft.setCard({ heard: card, saidAt_ms, came, is: card.gone ? 'gone' : 'here' });
  const isAgain = before !== undefined && isHere(before) && before.heard.since_ms === card.since_ms;
  draft.tellCard(nodeId, from, !isAgain);
}

/**
 * Of two keys that were certified for one node the one that was certified later is the node's; of two cards
 * under one key the one that was said later counts. One that is of the future by now was said before the date was set back.
 */
function outranks(card: HeardCard, before: HeardCard, date_ms: number): boolean {
  const isOfFuture = before.said_ms > date_ms + limits.clockSkew_s * 1000;
  return card.certificate.peerId === before.certificate.peerId
    ? isOfFuture || card.said_ms > before.said_ms
    : card.certificate.issued_s > before.certificate.issued_s;
}

function cameAfter(before: Entry | undefined, now_ms: number): Entry['came'] {
  const { came } = before ?? {};
  return came === undefined || now_ms - came.since_ms > defaults.flood_ms
    ? { count: 1, since_ms: now_ms }
    : { ...came, count: came.count + 1 };
}

function hearDoubt(draft: GossipDraft, known: KnownCard, from: string, now_ms: number): void {
  const entry = draft.cards.get(known.nodeId);
  if (entry === undefined) {
    return;
  }
  if (entry.heard.said_ms > known.said_ms) {
    // It has spoken since, and whoever doubts it has not heard that.
    draft.tellCardTo(from, known.nodeId, true);
  } else if (known.nodeId === draft.self) {
    // A later card than this node knows of would come by itself, under its signature: of a doubt anybody may say that.
    if (entry.heard.said_ms === known.said_ms) {
      draft.effects.push({ do: 'speak', after_ms: known.said_ms });
    }
  } else if (entry.is === 'here') {
    doubt(draft, entry, from, now_ms);
  }
}

function doubt(draft: GossipDraft, entry: Entry, from: string | undefined, now_ms: number): void {
  const { heard, saidAt_ms, came } = entry;
  draft.setCard({ heard, saidAt_ms, came, is: 'doubted', until_ms: now_ms + gossipTimes.doubt_ms });
  draft.tellDoubt(heard.nodeId, from);
}

function hearBeat(
  draft: GossipDraft,
  { from, sum }: Extract<GossipEvent, { is: 'beat' }>,
  now_ms: number,
): void {
  const link = heardLink(draft, from, now_ms);
  if (link === undefined) {
    return;
  }
  const differs = sum === draft.sum ? 0 : link.differs + 1;
  const asks = differs >= defaults.differs && now_ms - link.haveAt_ms >= gossipTimes.have_ms;
  draft.setLink(from, { ...link, ...(asks ? { differs: 0, haveAt_ms: now_ms } : { differs }) });
  if (asks) {
    draft.send(from, { is: 'have', cards: knownIn(draft) });
  }
}

/** Tells a neighbour what it does not know, or has wrong. */
function compare(
  draft: GossipDraft,
  { from, cards }: Extract<GossipEvent, { is: 'have' }>,
  now_ms: number,
): void {
  heardLink(draft, from, now_ms);
  const theirs = new Map(cards.map(({ nodeId, said_ms }) => [nodeId, said_ms]));
  for (const [nodeId, entry] of draft.cards) {
    const said_ms = theirs.get(nodeId);
    const isNews = said_ms === undefined ? isHere(entry) : entry.heard.said_ms > said_ms;
    if (isNews) {
      draft.tellCardTo(from, nodeId, true);
    } else if (entry.is === 'lost' && said_ms === entry.heard.said_ms) {
      draft.tellDoubtTo(from, nodeId);
    }
  }
}

function tick(draft: GossipDraft, time: GossipTime): void {
  const { now_ms } = time;
  // Where this process itself stood still, nobody else was silent meanwhile.
  const stood_ms = Math.max(0, now_ms - draft.tickedAt_ms - 2 * gossipTimes.tick_ms);
  draft.tickedAt_ms = now_ms;
  if (stood_ms > 0 || draft.ageAt_ms <= now_ms) {
    draft.ageAt_ms = now_ms + defaults.age_ms;
    for (const entry of draft.cards.values()) {
      age(draft, entry, stood_ms, time);
    }
  }
  for (const [node, link] of draft.links) {
    const heardAt_ms = link.heardAt_ms + stood_ms;
    if (now_ms - heardAt_ms > gossipTimes.silence_ms) {
      draft.effects.push({ do: 'hangUp', node });
      unlink(draft, node, false, now_ms);
    } else if (now_ms - link.beatAt_ms >= gossipTimes.beat_ms) {
      draft.setLink(node, { ...link, heardAt_ms, beatAt_ms: now_ms });
      draft.send(node, { is: 'beat', sum: draft.sum });
    } else if (stood_ms > 0) {
      draft.setLink(node, { ...link, heardAt_ms });
    }
  }
}

function age(
  draft: GossipDraft,
  entry: Entry,
  stood_ms: number,
  { now_ms, date_ms }: GossipTime,
): void {
  const { heard, saidAt_ms, came } = entry;
  const isOld = now_ms - saidAt_ms > lifetime_ms;
  if (heard.certificate.expires_s + limits.clockSkew_s < date_ms / 1000) {
    draft.dropCard(heard.nodeId);
  } else if (entry.is === 'gone' && isOld) {
    draft.dropCard(heard.nodeId);
  } else if (entry.is === 'doubted' && entry.until_ms + stood_ms > now_ms) {
    // Written anew, so that it is looked at in time.
    draft.setCard({ ...entry, until_ms: entry.until_ms + stood_ms });
  } else if (entry.is === 'doubted' || (isHere(entry) && heard.nodeId !== draft.self && isOld)) {
    draft.setCard({ heard, saidAt_ms, came, is: 'lost' });
  }
}

/** Sends what waits to those who got nothing for a while; who just did gets it with what comes till then. */
function flush(draft: GossipDraft, due_ms: number, now_ms: number): void {
  for (const [node, link] of draft.links) {
    const waits = link.cards.size + link.doubted.size > 0;
    const wait_ms = link.isUrgent ? gossipTimes.news_ms : gossipTimes.again_ms;
    if (waits && due_ms - link.newsAt_ms >= wait_ms) {
      sendNews(draft, node, link, now_ms);
    }
  }
}

function sendNews(draft: GossipDraft, node: string, link: LinkState, now_ms: number): void {
  const ids = [...link.cards];
  const now = ids.slice(0, limits.gossipCards);
  const cards = now.flatMap((id) => draft.cards.get(id)?.heard.text ?? []);
  const doubted = [...link.doubted].flatMap((id) => {
    const entry = draft.cards.get(id);
    const isDoubted = entry !== undefined && (entry.is === 'doubted' || entry.is === 'lost');
    return isDoubted ? [{ nodeId: id, said_ms: entry.heard.said_ms }] : [];
  });
  const sent = { newsAt_ms: now_ms, isUrgent: ids.length > limits.gossipCards };
  const later = new Set(ids.slice(limits.gossipCards));
  draft.setLink(node, { ...link, cards: later, doubted: new Set(), ...sent });
  if (cards.length + doubted.length > 0) {
    draft.send(node, { is: 'news', cards, doubted });
  }
}
