import { describe, expect, it } from 'vitest';
import type {
  GossipEffect,
  GossipEvent,
  GossipState,
  HeardCard,
} from '../../../nodes/mesh/gossip-state.ts';
import { gossipTimes, hereIn, newGossipState } from '../../../nodes/mesh/gossip-state.ts';
import { gossipStep } from '../../../nodes/mesh/gossip-step.ts';
import { limits } from '../../../protocol/limits.ts';
import { cardOf } from './simulated-mesh.ts';

const start_ms = 1_700_000_000_000;

/** One node, what it is told, and what it does. */
class OneNode {
  now_ms = start_ms;
  /** By how much the date of all machines was set. */
  set_ms = 0;
  state: GossipState = newGossipState('self', start_ms);
  effects: GossipEffect[] = [];

  constructor() {
    this.feed({ is: 'own', card: cardOf('self', start_ms) });
    this.feed({ is: 'linked', node: 'near' }, { is: 'linked', node: 'other' });
    this.effects = [];
  }

  feed(...events: GossipEvent[]): void {
    for (const event of events) {
      const { state, effects } = gossipStep(this.state, event, {
        ...{ now_ms: this.now_ms, date_ms: this.now_ms + this.set_ms },
      });
      this.state = state;
      this.effects.push(...effects);
    }
  }

  hear(...cards: HeardCard[]): void {
    this.feed({ is: 'news', from: 'near', cards, doubted: [] });
  }

  doubt(nodeId: string, said_ms: number): void {
    this.feed({ is: 'news', from: 'near', cards: [], doubted: [{ nodeId, said_ms }] });
  }

  /** Lets time pass, in which both neighbours are heard. */
  pass(by_ms: number): void {
    for (const until_ms = this.now_ms + by_ms; this.now_ms < until_ms;) {
      this.now_ms += gossipTimes.tick_ms;
      const { sum } = this.state;
      this.feed(
        { is: 'beat', from: 'near', sum },
        { is: 'beat', from: 'other', sum },
        { is: 'tick' },
      );
    }
  }

  get here(): string[] {
    return hereIn(this.state).map(({ nodeId }) => nodeId);
  }

  /** What was sent to whom that is news. */
  news(to: string): { cards: string[]; doubted: string[] } {
    const sent = this.effects.flatMap((effect) =>
      effect.do === 'send' && effect.to === to && effect.message.is === 'news'
        ? [effect.message]
        : [],
    );
    return {
      cards: sent.flatMap(({ cards }) => [...cards]),
      doubted: sent.flatMap(({ doubted }) => doubted.map(({ nodeId }) => nodeId)),
    };
  }

  did(what: GossipEffect['do']): GossipEffect[] {
    return this.effects.filter((effect) => effect.do === what);
  }
}

describe('a node of the mesh', () => {
  it('passes a card on to all but the one from whom it came, once', () => {
    const node = new OneNode();
    const card = cardOf('far', start_ms);
    node.hear(card);
    node.pass(1_000);
    node.hear(card);
    node.pass(3_000);
    expect(node.news('other').cards).toEqual([card.text]);
    expect(node.news('near').cards).toEqual([]);
    expect(node.here).toEqual(['self', 'far']);
    expect(node.did('changed')).toHaveLength(1);
  });

  it('goes by the newest card of a node, and counts an older one as refused', () => {
    const node = new OneNode();
    const [older, newer] = [cardOf('far', start_ms), cardOf('far', start_ms + 1)];
    node.hear(newer, older);
    expect(hereIn(node.state).at(-1)).toBe(newer);
    expect(node.did('refuse')).toEqual([{ do: 'refuse', node: 'far', why: 'replayed' }]);
  });

  it.each([10_000, 3_600_000, -3_600_000])(
    'keeps who is there when the date of all is set by %d ms, and believes what they say from then on',
    (by_ms) => {
      const node = new OneNode();
      node.hear(cardOf('near', start_ms), cardOf('other', start_ms), cardOf('far', start_ms));
      node.pass(1_000);
      node.effects = [];
      node.set_ms = by_ms;
      node.pass((limits.saidCard_ttl_s * 1_000) / 2);
      expect(node.here).toEqual(['self', 'near', 'other', 'far']);
      const later = cardOf('far', node.now_ms + by_ms);
      node.hear(later);
      expect(hereIn(node.state).at(-1)).toBe(later);
      expect([...node.did('hangUp'), ...node.did('refuse')]).toEqual([]);
      node.pass((limits.saidCard_ttl_s + limits.clockSkew_s) * 1_000 - gossipTimes.tick_ms);
      expect(node.here).toEqual(['self', 'far']);
    },
  );

  it('goes by the key that was certified later, where two nodes have one id', () => {
    const node = new OneNode();
    const first = cardOf('far', start_ms + 5_000);
    const later = cardOf('far', start_ms);
    const certificate = { ...later.certificate, peerId: 'another', issued_s: 1 };
    node.hear(first, { ...later, certificate }, cardOf('far', start_ms + 6_000));
    expect(hereIn(node.state).at(-1)?.certificate.peerId).toBe('another');
  });

  it('loses a node that is doubted and says nothing, and keeps one that speaks up', () => {
    const node = new OneNode();
    node.hear(cardOf('far', start_ms), cardOf('away', start_ms));
    node.doubt('far', start_ms);
    node.doubt('away', start_ms);
    expect(node.here).toHaveLength(3);
    node.hear(cardOf('far', start_ms + 10));
    node.pass(gossipTimes.doubt_ms + gossipTimes.tick_ms);
    expect(node.here).toEqual(['self', 'far']);
    expect(node.news('other').doubted).toContain('away');
    node.hear(cardOf('away', start_ms + 20));
    expect(node.here).toContain('away');
  });

  it('speaks up when it is doubted itself, or when somebody has a later card of it', () => {
    const node = new OneNode();
    node.doubt('self', start_ms);
    node.hear(cardOf('self', start_ms + 500));
    expect(node.did('speak')).toEqual([
      { do: 'speak', after_ms: start_ms },
      { do: 'speak', after_ms: start_ms + 500 },
    ]);
    expect(hereIn(node.state)[0]?.said_ms).toBe(start_ms);
  });

  it('lets one go at once that says goodbye, and believes no card of it from before', () => {
    const node = new OneNode();
    node.hear(cardOf('far', start_ms));
    node.hear(cardOf('far', start_ms + 1, true));
    expect(node.here).toEqual(['self']);
    node.hear(cardOf('far', start_ms));
    expect(node.here).toEqual(['self']);
  });

  it('does not speak up for a card that it never said', () => {
    const node = new OneNode();
    node.doubt('self', start_ms + 1);
    node.doubt('self', start_ms + 3_600_000);
    expect(node.effects.filter(({ do: what }) => what === 'speak')).toEqual([]);
    node.doubt('self', start_ms);
    expect(node.effects).toContainEqual({ do: 'speak', after_ms: start_ms });
  });

  it('doubts a neighbour that is silent or breaks off, and none that parts', () => {
    const node = new OneNode();
    node.hear(cardOf('near', start_ms), cardOf('other', start_ms));
    node.feed({ is: 'unlinked', node: 'other', parted: true });
    node.pass(gossipTimes.doubt_ms * 3);
    expect(node.here).toContain('other');
    for (let ticks = 0; ticks < 20; ticks += 1) {
      node.now_ms += gossipTimes.tick_ms;
      node.feed({ is: 'tick' });
    }
    expect(node.did('hangUp')).toEqual([{ do: 'hangUp', node: 'near' }]);
    node.pass(gossipTimes.doubt_ms + gossipTimes.tick_ms);
    expect(node.here).toEqual(['self', 'other']);
  });

  it('takes nobody for silent because it stood still itself', () => {
    const node = new OneNode();
    node.hear(cardOf('near', start_ms), cardOf('other', start_ms), cardOf('far', start_ms));
    node.doubt('far', start_ms);
    node.now_ms += 10_000;
    node.feed({ is: 'tick' });
    expect(node.did('hangUp')).toEqual([]);
    expect(node.here).toHaveLength(4);
  });

  it('tells who has something else what it does not know, and of whom it holds for lost', () => {
    const node = new OneNode();
    const far = cardOf('far', start_ms);
    node.hear(far, cardOf('gone', start_ms));
    node.doubt('gone', start_ms);
    node.pass(2_000);
    node.effects = [];
    const cards = [{ nodeId: 'gone', said_ms: start_ms }];
    node.feed({ is: 'have', from: 'near', cards });
    expect(node.news('near')).toEqual({
      cards: [cardOf('self', start_ms).text, far.text],
      doubted: ['gone'],
    });
  });

  it('asks a neighbour whose sum stays another, and no more often than it may', () => {
    const node = new OneNode();
    node.now_ms += gossipTimes.have_ms;
    for (let beats = 0; beats < 6; beats += 1) {
      node.feed({ is: 'beat', from: 'near', sum: node.state.sum + 1 });
    }
    const asked = node
      .did('send')
      .filter((sent) => sent.do === 'send' && sent.message.is === 'have');
    expect(asked).toHaveLength(1);
  });

  it('refuses a flood of cards of one node, and more nodes than a mesh may have', () => {
    const node = new OneNode();
    const flood = Array.from({ length: 100 }, (_, number) => cardOf('far', start_ms + number));
    node.hear(...flood);
    expect(node.did('refuse').length).toBe(60);
    const many = Array.from({ length: limits.members }, (_, n) => cardOf(`node-${n}`, start_ms));
    node.hear(...many);
    expect(node.state.cards.size).toBe(limits.members);
    node.pass(11_000);
    node.hear(cardOf('far', start_ms + 1_000));
    expect(hereIn(node.state).find(({ nodeId }) => nodeId === 'far')?.said_ms).toBe(
      start_ms + 1_000,
    );
  });

  it('lets a card go whose certificate has expired, and one that was not said again in time', () => {
    const node = new OneNode();
    const expiring = cardOf('far', start_ms);
    const expires_s = start_ms / 1_000 - limits.clockSkew_s + 1;
    node.hear({ ...expiring, certificate: { ...expiring.certificate, expires_s } });
    node.hear(
      cardOf('old', start_ms - (limits.saidCard_ttl_s + limits.clockSkew_s) * 1_000 + 1_000),
    );
    expect(node.here).toHaveLength(3);
    node.pass(10_000);
    expect(node.here).toEqual(['self']);
  });

  it('says what was only said again with more of its kind, and news at once', () => {
    const node = new OneNode();
    node.hear(cardOf('far', start_ms));
    node.pass(gossipTimes.again_ms);
    node.hear({ ...cardOf('near', start_ms) });
    node.pass(200);
    node.effects = [];
    node.hear({ ...cardOf('far', start_ms + 9), since_ms: start_ms });
    node.pass(1_000);
    expect(node.news('other').cards).toEqual([]);
    node.pass(1_000);
    expect(node.news('other').cards).toEqual([`far ${start_ms + 9}`]);
  });
});
