import type { Entry, GossipEffect, GossipMessage, GossipState, LinkState } from './gossip-state.ts';
import { hashOf, isHere } from './gossip-state.ts';

/** The next state while it is made: what is not written to is not copied. */
export class GossipDraft implements GossipState {
  readonly self: string;
  readonly effects: GossipEffect[] = [];
  readonly #before: GossipState;
  #cards: Map<string, Entry> | undefined;
  #links: Map<string, LinkState> | undefined;
  /** The sets of links that were copied here already, and may be written to. */
  readonly #own = new Map<string, { cards: Set<string>; doubted: Set<string> }>();
  tickedAt_ms: number;
  ageAt_ms: number;
  #sum: number;
  #changed = false;

  constructor(before: GossipState) {
    this.#before = before;
    this.self = before.self;
    this.tickedAt_ms = before.tickedAt_ms;
    this.ageAt_ms = before.ageAt_ms;
    this.#sum = before.sum;
  }

  get sum(): number {
    return this.#sum;
  }

  get cards(): ReadonlyMap<string, Entry> {
    return this.#cards ?? this.#before.cards;
  }

  get links(): ReadonlyMap<string, LinkState> {
    return this.#links ?? this.#before.links;
  }

  setCard(entry: Entry): void {
    const { nodeId } = entry.heard;
    this.#count(this.cards.get(nodeId), entry);
    this.#cards ??= new Map(this.#before.cards);
    this.#cards.set(nodeId, entry);
    if (entry.is === 'doubted') {
      this.ageAt_ms = Math.min(this.ageAt_ms, entry.until_ms);
    }
  }

  dropCard(nodeId: string): void {
    this.#count(this.cards.get(nodeId), undefined);
    this.#cards ??= new Map(this.#before.cards);
    this.#cards.delete(nodeId);
  }

  setLink(node: string, link: LinkState): void {
    this.#links ??= new Map(this.#before.links);
    this.#links.set(node, link);
  }

  dropLink(node: string): void {
    this.#links ??= new Map(this.#before.links);
    this.#links.delete(node);
  }

  /** Its card goes to all neighbours but the one from whom it came. */
  tellCard(nodeId: string, except: string | undefined, isUrgent: boolean): void {
    for (const node of this.links.keys()) {
      if (node !== except) {
        this.tellCardTo(node, nodeId, isUrgent);
      }
    }
  }

  tellCardTo(node: string, nodeId: string, isUrgent: boolean): void {
    const sets = this.#setsOf(node, isUrgent);
    sets?.cards.add(nodeId);
    // Whoever gets a card knows better than a doubt of before.
    sets?.doubted.delete(nodeId);
  }

  /** That it is doubted goes to all neighbours but the one from whom it came. */
  tellDoubt(nodeId: string, except: string | undefined): void {
    for (const node of this.links.keys()) {
      if (node !== except) {
        this.tellDoubtTo(node, nodeId);
      }
    }
  }

  tellDoubtTo(node: string, nodeId: string): void {
    this.#setsOf(node, true)?.doubted.add(nodeId);
  }

  send(to: string, message: GossipMessage): void {
    this.effects.push({ do: 'send', to, message });
  }

  done(): { state: GossipState; effects: readonly GossipEffect[] } {
    const { self, cards, links, tickedAt_ms, ageAt_ms, sum } = this;
    const effects = this.#changed ? [...this.effects, { do: 'changed' } as const] : this.effects;
    return { state: { self, cards, links, tickedAt_ms, ageAt_ms, sum }, effects };
  }

  /** Who is there, and what they say, is what others see; doubt alone changes nothing for them. */
  #count(before: Entry | undefined, after: Entry | undefined): void {
    const [gone, come] = [before, after].map((entry) =>
      entry !== undefined && isHere(entry) ? entry.heard : undefined,
    );
    const change = (hashOf(gone) ^ hashOf(come)) >>> 0;
    this.#sum = (this.#sum ^ change) >>> 0;
    this.#changed ||= change !== 0;
  }

  #setsOf(
    node: string,
    isUrgent: boolean,
  ): { cards: Set<string>; doubted: Set<string> } | undefined {
    const link = this.links.get(node);
    const own = this.#own.get(node);
    if (link === undefined) {
      return undefined;
    }
    const isOwn = own !== undefined && own.cards === link.cards;
    const sets = isOwn ? own : { cards: new Set(link.cards), doubted: new Set(link.doubted) };
    if (!isOwn || (isUrgent && !link.isUrgent)) {
      this.#own.set(node, sets);
      this.setLink(node, { ...link, ...sets, isUrgent: link.isUrgent || isUrgent });
    }
    return sets;
  }
}
