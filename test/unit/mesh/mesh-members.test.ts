import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Entry, GossipState } from '../../../nodes/mesh/gossip-state.ts';
import { newGossipState } from '../../../nodes/mesh/gossip-state.ts';
import { MeshMembers } from '../../../nodes/mesh/mesh-members.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import type { SaidLoad } from '../../../protocol/said-card.ts';
import { cardOf } from './simulated-mesh.ts';

const busy: SaidLoad = { state: 'warning', rtts_ms: { 'us-east': 80 } };

function setUp(listed: NodeCard[]) {
  let cards: ReadonlyMap<string, Entry> = new Map();
  const listeners = new Set<() => void>();
  const onChange = (changed: () => void): (() => void) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  };
  const edge = { linked: true };
  const gossip = {
    get state(): GossipState {
      return { ...newGossipState('self', 0), cards };
    },
    onChange,
  };
  const list = { all: () => listed, onChange };
  const { card } = cardOf('self', 0);
  const members = MeshMembers.create({
    log: pino({ level: 'silent' }),
    ...{ card, listed: list, gossip, edge },
  });
  let changes = 0;
  members.onChange(() => {
    changes += 1;
  });
  return {
    members,
    edge,
    changes: () => changes,
    ids: () => members.all().map(({ nodeId }) => nodeId),
    hear: (...heard: [string, Entry['is'], number?][]) => {
      const entries = heard.map(([nodeId, is, until_ms = 0]): [string, Entry] => {
        const said = nodeId === 'busy' ? { ...cardOf(nodeId, 0), load: busy } : cardOf(nodeId, 0);
        const fields = { heard: said, saidAt_ms: 0, came: { count: 1, since_ms: 0 } };
        return [nodeId, is === 'doubted' ? { ...fields, is, until_ms } : { ...fields, is }];
      });
      cards = new Map(entries);
      listeners.forEach((changed) => changed());
    },
  };
}

const named = (nodeId: string): NodeCard => ({ ...cardOf(nodeId, 0).card, version: 'as named' });

describe('the members of the mesh', () => {
  it('are those whom the edge names and those who are heard, and this node', () => {
    const { hear, ids } = setUp([named('named')]);
    hear(['heard', 'here'], ['doubted', 'doubted'], ['lost', 'lost']);
    expect(ids().toSorted()).toEqual(['doubted', 'heard', 'named', 'self']);
  });

  it('are by the card of the edge while it is there, and by their own while it is away', () => {
    const { hear, members, edge } = setUp([named('both')]);
    hear(['both', 'here']);
    expect(members.node('both')?.version).toBe('as named');
    edge.linked = false;
    members.look();
    expect(members.node('both')?.version).toBe('0.1.0');
  });

  it('stay while the edge names them, and are out when it is away and the mesh has lost them', () => {
    const { hear, ids, edge, members } = setUp([named('lost'), named('never-heard')]);
    hear(['lost', 'lost']);
    expect(ids()).toContain('lost');
    edge.linked = false;
    members.look();
    expect(ids().toSorted()).toEqual(['never-heard', 'self']);
  });

  it('are out at once when they say goodbye, unless the edge names another run of them', () => {
    const { hear, ids } = setUp([named('gone'), { ...named('again'), epoch: 'another run' }]);
    hear(['gone', 'gone'], ['again', 'gone']);
    expect(ids().toSorted()).toEqual(['again', 'self']);
  });

  it('say how busy they are, in the same map until one of them says something else', () => {
    const { hear, members } = setUp([named('busy')]);
    hear(['busy', 'here'], ['silent', 'here']);
    const loads = members.loads();
    expect([...loads]).toEqual([['busy', busy]]);
    expect(members.loads()).toBe(loads);
    hear(['busy', 'lost'], ['silent', 'here']);
    expect(members.loads().size).toBe(0);
  });

  it('are told of to all, though one listener fails', () => {
    const { hear, members } = setUp([]);
    const heard: string[] = [];
    members.onChange(() => {
      throw new Error('it fails');
    });
    members.onChange(() => heard.push('told'));
    hear(['heard', 'here']);
    expect(heard).toEqual(['told']);
  });

  it('are told of when they change, and not else', () => {
    const { hear, changes, members } = setUp([]);
    hear(['heard', 'here']);
    hear(['heard', 'doubted']);
    expect(changes()).toBe(1);
    members.close();
    hear();
    expect(changes()).toBe(1);
  });
});
