import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { KnownCard } from '../../protocol/contracts/gossip.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { peekCard } from '../../protocol/said-card.ts';
import { Listeners } from '../listeners.ts';
import type { Log } from '../log.ts';
import type { ReadHeard } from './card-reader.ts';
import { gossipDefaults } from './gossip-defaults.ts';
import { GossipLinks } from './gossip-links.ts';
import type { GossipEffect, GossipEvent, GossipState, HeardCard } from './gossip-state.ts';
import { gossipTimes, hereIn, newGossipState } from './gossip-state.ts';
import { gossipStep } from './gossip-step.ts';
import { linkPlan } from './link-plan.ts';
import type { PeerAddress } from './peer.ts';

export interface GossipComponents {
  clock: Clock;
  log: Log;
  /** From 0 to 1. */
  random: () => number;
  transport: { dial(address: PeerAddress): Promise<Link> };
  read: ReadHeard;
  nodeOf: (peerId: string) => string | undefined;
  /** Where a node may be, of which no card was heard; undefined where nothing is known of it. */
  addressOf: (nodeId: string) => PeerAddress | undefined;
  /** Nodes that may be there though no card of them was heard. */
  perhaps: () => readonly string[];
  /** This node is to say something later than that. */
  speak: (after_ms: number) => void;
  /** Something was refused, for the metrics. */
  refused: (code: ErrorCode) => void;
}

/** The gossip of a node: links with its neighbours, and what follows from what they say. */
export class Gossip {
  readonly #parts: GossipComponents;
  readonly #links: GossipLinks;
  readonly #listeners: Listeners;
  readonly #stops: Cancel[] = [];
  #state: GossipState;
  #closed = false;

  private constructor(components: GossipComponents, options: { nodeId: string }) {
    this.#parts = components;
    this.#listeners = new Listeners(components, { what: 'gossip' });
    this.#state = newGossipState(options.nodeId, components.clock.now());
    this.#links = new GossipLinks(
      {
        ...components,
        feed: (event) => this.#feed(event),
        onNews: (from, cards, doubted) => void this.#onNews(from, cards, doubted),
      },
      options,
    );
  }

  /** Begins to speak once it is told this node's own card. */
  static create(components: GossipComponents, options: { nodeId: string }): Gossip {
    const gossip = new Gossip(components, options);
    const { clock } = components;
    gossip.#stops.push(
      clock.every(gossipTimes.tick_ms, () => gossip.#feed({ is: 'tick' })),
      clock.every(gossipDefaults.plan_ms, () => gossip.#plan()),
    );
    return gossip;
  }

  get state(): GossipState {
    return this.#state;
  }

  onChange(changed: () => void): () => void {
    return this.#listeners.add(changed);
  }

  /** Another peer opened a link. */
  accept(peerId: string, link: Link): void {
    this.#links.accept(peerId, link);
  }

  /** Something else says that the node is there: it is looked for at once. */
  expect(node: string): void {
    this.#links.revive(node);
  }

  /** This node said so. */
  own(card: HeardCard): void {
    this.#feed({ is: 'own', card });
    this.#plan();
  }

  /** Tells the neighbours that this side ends. */
  close(): void {
    this.#closed = true;
    for (const stop of this.#stops.splice(0)) {
      stop();
    }
    this.#links.close();
    this.#listeners.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #onNews(
    from: string,
    texts: readonly string[],
    doubted: readonly KnownCard[],
  ): Promise<void> {
    const read = await Promise.all(texts.map((text) => this.#read(from, text)));
    this.#feed({ is: 'news', from, cards: read.flatMap((card) => card ?? []), doubted });
  }

  /** What is known already costs no look at its signatures. */
  async #read(from: string, text: string): Promise<HeardCard | undefined> {
    try {
      const { nodeId, said_ms } = peekCard(text);
      if (this.#state.cards.get(nodeId)?.heard.said_ms === said_ms) {
        return undefined;
      }
      return await this.#parts.read(text);
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      this.#parts.refused(code);
      this.#parts.log.warn({ code, from }, `a card is refused: ${message}`);
      return undefined;
    }
  }

  #feed(event: GossipEvent): void {
    if (this.#closed) {
      return;
    }
    const { clock } = this.#parts;
    const { state, effects } = gossipStep(this.#state, event, {
      ...{ now_ms: clock.now(), date_ms: clock.date() },
    });
    const before = this.#state;
    this.#state = state;
    for (const effect of effects) {
      this.#do(effect, before);
    }
  }

  #do(effect: GossipEffect, before: GossipState): void {
    switch (effect.do) {
      case 'send':
        this.#links.send(effect.to, effect.message);
        return;
      case 'hangUp':
        this.#parts.log.info({ node: effect.node }, 'a neighbour is silent');
        this.#links.drop(effect.node);
        return;
      case 'speak':
        this.#parts.speak(effect.after_ms);
        return;
      case 'refuse':
        this.#parts.refused(effect.why === 'flood' ? 'rate_limited' : 'conflict');
        return;
      case 'changed':
        this.#tellWhoCame(before);
        this.#listeners.tell();
        return;
      default:
        assertNever(effect);
    }
  }

  #tellWhoCame(before: GossipState): void {
    const ids = (state: GossipState): Set<string> =>
      new Set(hereIn(state).map(({ nodeId }) => nodeId));
    const [was, is] = [ids(before), ids(this.#state)];
    const came = [...is.difference(was)];
    came.forEach((node) => this.#links.revive(node));
    const went = [...was.difference(is)];
    if (came.length + went.length > 0) {
      this.#parts.log.info({ came, went, here: is.size }, 'who is in the mesh has changed');
    }
  }

  #plan(): void {
    const { perhaps, random } = this.#parts;
    if (this.#closed || !this.#state.cards.has(this.#state.self)) {
      return;
    }
    const lost = [...this.#state.cards.values()].filter(({ is }) => is === 'lost');
    const here = hereIn(this.#state).map(({ nodeId }) => nodeId);
    const others = new Set([...perhaps(), ...lost.map(({ heard }) => heard.nodeId)]);
    const { dial, part } = linkPlan({
      ...{ self: this.#state.self, here, perhaps: [...others], random },
      ...this.#links.scene(others.union(new Set(here))),
    });
    for (const node of part) {
      this.#links.part(node);
    }
    for (const node of dial) {
      void this.#links.dial(node, this.#addressOf(node), here.length);
    }
  }

  /** By its card, else by what others told of it. */
  #addressOf(node: string): PeerAddress | undefined {
    const { card, certificate } = this.#state.cards.get(node)?.heard ?? {};
    return card?.mesh === undefined || certificate === undefined
      ? this.#parts.addressOf(node)
      : { peerId: certificate.peerId, endpoint: card.mesh };
  }
}
