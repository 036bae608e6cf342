import type { GossipEvent, GossipMessage, HeardCard } from '../../../nodes/mesh/gossip-state.ts';
import { gossipTimes, hereIn, newGossipState } from '../../../nodes/mesh/gossip-state.ts';
import { gossipStep } from '../../../nodes/mesh/gossip-step.ts';
import { gossipDefaults } from '../../../nodes/mesh/gossip-defaults.ts';
import { linkPlan } from '../../../nodes/mesh/link-plan.ts';
import { Rests } from '../../../nodes/mesh/rests.ts';

/** Events in the order of their time, as a binary heap. */
class Queue {
  readonly #heap: { at_ms: number; order: number; run: () => void }[] = [];
  #order = 0;

  add(at_ms: number, run: () => void): void {
    this.#heap.push({ at_ms, order: (this.#order += 1), run });
    let at = this.#heap.length - 1;
    while (at > 0 && this.#isBefore(at, (at - 1) >> 1)) {
      at = this.#swap(at, (at - 1) >> 1);
    }
  }

  next(until_ms: number): { at_ms: number; run: () => void } | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at_ms > until_ms) {
      return undefined;
    }
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) {
      this.#heap[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const least = right < this.#heap.length && this.#isBefore(right, left) ? right : left;
      if (least >= this.#heap.length || !this.#isBefore(least, at)) {
        return;
      }
      at = this.#swap(at, least);
    }
  }

  #isBefore(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    return (
      one !== undefined &&
      other !== undefined &&
      (one.at_ms < other.at_ms || (one.at_ms === other.at_ms && one.order < other.order))
    );
  }

  #swap(a: number, b: number): number {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one !== undefined && other !== undefined) {
      this.#heap[a] = other;
      this.#heap[b] = one;
    }
    return b;
  }
}

interface Member {
  id: string;
  number: number;
  up: boolean;
  state: ReturnType<typeof newGossipState>;
  /** What it was started with: some that may be there. */
  known: string[];
  dialled: Set<string>;
  rests: Rests;
  /** How often others have tried to reach it. */
  sought: number;
  said_ms: number;
  since_ms: number;
  sent: number;
  sent_bytes: number;
}

/** A seeded generator (mulberry32), so that a run that failed can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Many members in one process and on one virtual clock: the state machine of each, and ways between them. */
export class SimulatedMesh {
  readonly members: Member[] = [];
  readonly #queue = new Queue();
  readonly #random: () => number;
  readonly #load_ms: number | undefined;
  /** Two that are in parts of different number cannot reach each other. */
  #partOf: (member: Member) => number = () => 0;
  now_ms = 1_700_000_000_000;

  /** With `load_ms` the load of each member is another one as often as that, beside what it says anyway. */
  constructor(seed: number, options: { load_ms?: number } = {}) {
    this.#random = seeded(seed);
    this.#load_ms = options.load_ms;
  }

  /** Another member, which knows some that may be there. */
  add(known: string[]): Member {
    const number = this.members.length;
    const id = `node-${number}`;
    const state = newGossipState(id, this.now_ms);
    const fresh = { said_ms: 0, since_ms: 0, sent: 0, sent_bytes: 0, sought: 0, up: true };
    const clock = { now: () => this.now_ms };
    const rests = new Rests({ clock, random: this.#random });
    const rest = { dialled: new Set<string>(), rests };
    const member: Member = { id, number, state, known, ...fresh, ...rest };
    this.members.push(member);
    this.#begin(member);
    return member;
  }

  /** Its process is killed: the host tells its neighbours that the connections are closed. */
  kill(member: Member): void {
    member.up = false;
    for (const other of member.state.links.keys()) {
      this.#later(member, this.#named(other), (node) => this.#unlink(node, member.id, false));
    }
  }

  /** Its host is gone without a word. */
  vanish(member: Member): void {
    member.up = false;
  }

  /** It comes back and remembers whom it knew. */
  restart(member: Member): void {
    const known = [...member.state.cards.keys()];
    const state = newGossipState(member.id, this.now_ms);
    Object.assign(member, { up: true, state, known, dialled: new Set<string>() });
    this.#begin(member);
  }

  leave(member: Member): void {
    this.#speak(member, 0, true);
    member.up = false;
  }

  split(partOf: (member: Member) => number): void {
    this.#partOf = partOf;
  }

  advance(by_ms: number): void {
    const until_ms = this.now_ms + by_ms;
    for (let next = this.#queue.next(until_ms); next; next = this.#queue.next(until_ms)) {
      this.now_ms = next.at_ms;
      next.run();
    }
    this.now_ms = until_ms;
  }

  /** Advances until it is so, in steps of 50 ms; answers how long that took, or undefined past the limit. */
  until(isSo: () => boolean, limit_ms: number): number | undefined {
    const from_ms = this.now_ms;
    while (!isSo() && this.now_ms - from_ms <= limit_ms) {
      this.advance(50);
    }
    return isSo() ? this.now_ms - from_ms : undefined;
  }

  /** Whether each of these knows just these to be there. */
  agree(members: readonly Member[]): boolean {
    const [first] = members;
    if (first === undefined || members.some(({ state }) => state.sum !== first.state.sum)) {
      return false;
    }
    const here = new Set(hereIn(first.state).map(({ nodeId }) => nodeId));
    return here.size === members.length && members.every(({ id }) => here.has(id));
  }

  /** What each member sent a second while this time passed, on average. */
  traffic(over_ms: number): { messages: number; bytes: number; links: number } {
    for (const member of this.members) {
      member.sent = 0;
      member.sent_bytes = 0;
    }
    this.advance(over_ms);
    const up = this.members.filter((member) => member.up);
    const mean = (of: (member: Member) => number): number =>
      up.reduce((sum, member) => sum + of(member), 0) / up.length;
    const perSecond = 1_000 / over_ms;
    return {
      messages: mean(({ sent }) => sent) * perSecond,
      bytes: mean(({ sent_bytes }) => sent_bytes) * perSecond,
      links: mean(({ state }) => state.links.size),
    };
  }

  #begin(member: Member): void {
    this.#speak(member, 0, false);
    // No two do things at the same moment.
    this.#every(member, gossipTimes.tick_ms, () => this.#feed(member, { is: 'tick' }));
    this.#every(member, gossipDefaults.plan_ms, () => this.#plan(member));
    this.#every(member, gossipDefaults.refresh_ms, () => this.#speak(member, undefined, false));
    if (this.#load_ms !== undefined) {
      this.#every(member, this.#load_ms, () => this.#speak(member, undefined, false));
    }
    this.#plan(member);
  }

  #named(id: string): Member {
    const member = this.members[Number(id.slice('node-'.length))];
    if (member === undefined) {
      throw new Error(`no ${id}`);
    }
    return member;
  }

  #every(member: Member, period_ms: number, run: () => void): void {
    const again = (): void => {
      if (member.up) {
        run();
        this.#queue.add(this.now_ms + period_ms, again);
      }
    };
    this.#queue.add(this.now_ms + this.#random() * period_ms, again);
  }

  /** 10 to 150 ms, the same for two members at all times. */
  #delay_ms(a: Member, b: Member): number {
    return 10 + ((Math.imul(a.number + 1, b.number + 1) >>> 0) % 141);
  }

  /** Happens at the other after the way there, if there is a way and it lives. */
  #later(from: Member, to: Member, run: (to: Member) => void): void {
    this.#queue.add(this.now_ms + this.#delay_ms(from, to), () => {
      if (to.up && this.#partOf(from) === this.#partOf(to)) {
        run(to);
      }
    });
  }

  #feed(member: Member, event: GossipEvent): void {
    const { state, effects } = gossipStep(member.state, event, {
      ...{ now_ms: this.now_ms, date_ms: this.now_ms },
    });
    const before = member.state;
    member.state = state;
    for (const effect of effects) {
      if (effect.do === 'send') {
        this.#send(member, effect.to, effect.message);
      } else if (effect.do === 'speak') {
        this.#speak(member, effect.after_ms, false);
      } else if (effect.do === 'changed') {
        const [was, is] = [before, state].map(
          (each) => new Set(hereIn(each).map(({ nodeId }) => nodeId)),
        );
        is?.difference(was ?? is).forEach((node) => member.rests.end(node));
      } else if (effect.do === 'hangUp') {
        member.dialled.delete(effect.node);
        this.#later(member, this.#named(effect.node), (to) => this.#unlink(to, member.id, false));
      }
    }
  }

  #send(from: Member, id: string, message: GossipMessage): void {
    const cards = message.is === 'news' ? message.cards.length : 0;
    const known = message.is === 'have' ? message.cards.length : 0;
    from.sent += 1;
    from.sent_bytes += 120 + cards * 1_700 + known * 60;
    this.#later(from, this.#named(id), (to) => {
      if (!to.state.links.has(from.id)) {
        return;
      }
      if (message.is === 'news') {
        const heard = message.cards.flatMap((text) => this.#cards.get(text) ?? []);
        this.#feed(to, { is: 'news', from: from.id, cards: heard, doubted: message.doubted });
      } else {
        this.#feed(to, { ...message, from: from.id });
      }
    });
  }

  readonly #cards = new Map<string, HeardCard>();

  /** Later than that, or again what it said before. */
  #speak(member: Member, after_ms: number | undefined, gone: boolean): void {
    const said_ms = Math.max(Math.floor(this.now_ms), (after_ms ?? 0) + 1, member.said_ms + 1);
    member.said_ms = said_ms;
    member.since_ms = after_ms === undefined ? member.since_ms : said_ms;
    const card = { ...cardOf(member.id, said_ms, gone), since_ms: member.since_ms };
    this.#cards.set(card.text, card);
    this.#feed(member, { is: 'own', card });
  }

  #plan(member: Member): void {
    const { state, rests, dialled } = member;
    const lost = [...state.cards.values()].filter(({ is }) => is === 'lost');
    const here = hereIn(state).map(({ nodeId }) => nodeId);
    const perhaps = [...member.known, ...lost.map(({ heard }) => heard.nodeId)];
    const { dial, part } = linkPlan({
      self: member.id,
      ...{ here, perhaps, dialled },
      linked: new Set(state.links.keys()),
      resting: rests.resting(new Set([...here, ...perhaps])),
      random: this.#random,
    });
    for (const id of dial) {
      this.#dial(member, this.#named(id), here.length);
    }
    for (const id of part) {
      dialled.delete(id);
      this.#feed(member, { is: 'unlinked', node: id, parted: true });
      this.#later(member, this.#named(id), (to) => this.#unlink(to, member.id, true));
    }
  }

  /** Two round trips, and the links of both are there; or none, and it is let rest. */
  #dial(from: Member, to: Member, here: number): void {
    from.rests.begin(to.id, here);
    to.sought += 1;
    this.#queue.add(this.now_ms + 4 * this.#delay_ms(from, to), () => {
      const isOpen = from.up && to.up && this.#partOf(from) === this.#partOf(to);
      if (isOpen && !from.state.links.has(to.id) && !to.state.links.has(from.id)) {
        from.rests.end(to.id);
        from.dialled.add(to.id);
        this.#feed(from, { is: 'linked', node: to.id });
        this.#feed(to, { is: 'linked', node: from.id });
      } else if (!isOpen && from.up) {
        this.#feed(from, { is: 'unreached', node: to.id });
      }
    });
  }

  #unlink(member: Member, id: string, parted: boolean): void {
    if (member.state.links.has(id)) {
      member.dialled.delete(id);
      this.#feed(member, { is: 'unlinked', node: id, parted });
    }
  }
}

/** A card as it is after it was checked. */
export function cardOf(nodeId: string, said_ms: number, gone = false): HeardCard {
  const place = { lat: 0, lon: 0 };
  const epoch = '00000000-0000-4000-8000-000000000000';
  const region = 'eu-west';
  const card = { nodeId, epoch, region, place, secure: false, version: '0.1.0' };
  const keys = {
    peerId: `peer of ${nodeId}`,
    curveKey: 'x'.repeat(40),
    mediaIp: '192.0.2.1',
    jti: epoch,
  };
  const certificate = { nodeId, region, ...keys, issued_s: 0, expires_s: 4_000_000_000 };
  return {
    nodeId,
    said_ms,
    since_ms: said_ms,
    gone,
    text: `${nodeId} ${said_ms}`,
    card,
    certificate,
  };
}
