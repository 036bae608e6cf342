import { describe, expect, it } from 'vitest';
import type { Edge, EdgeListener } from '../../../nodes/mesh/edge.ts';
import { StaticMembers } from '../../../nodes/mesh/static-members.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';

function cardOf(nodeId: string, region: string, agent?: string): NodeCard {
  const place = { lat: 0, lon: 0 };
  const base = { nodeId, epoch: newUuid(), region, place, secure: false, version: '0.1.0' };
  return agent === undefined ? base : { ...base, agent };
}

const own = cardOf('eu-west-1', 'eu-west', 'tcp://127.0.1.1:9000');

function setUp(): { members: StaticMembers; push(nodes: NodeCard[]): void; listening(): number } {
  const listeners = new Set<EdgeListener>();
  const edge: Pick<Edge, 'listen'> = {
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const members = StaticMembers.create({ card: own, edge });
  return {
    members,
    push: (nodes) => listeners.forEach((listener) => listener.members?.(nodes)),
    listening: () => listeners.size,
  };
}

describe('the members as the edge names them', () => {
  it('are this node alone before the edge has spoken', () => {
    const { members } = setUp();
    expect(members.agentsOf('eu-west')).toEqual([own]);
    expect(members.node('eu-west-1')).toEqual(own);
    expect(members.node('us-east-1')).toBeUndefined();
  });

  it('are found by region where they run an agent', () => {
    const { members, push } = setUp();
    const second = cardOf('eu-west-2', 'eu-west', 'tcp://127.0.1.2:9000');
    push([own, second, cardOf('eu-west-3', 'eu-west'), cardOf('us-east-1', 'us-east')]);
    expect(members.agentsOf('eu-west').map((node) => node.nodeId)).toEqual([
      'eu-west-1',
      'eu-west-2',
    ]);
    expect(members.agentsOf('us-east')).toEqual([]);
    expect(members.node('us-east-1')?.region).toBe('us-east');
  });

  it('always hold this run of this node, also where the edge names another one or none', () => {
    const { members, push } = setUp();
    push([{ ...own, epoch: newUuid() }]);
    expect(members.node('eu-west-1')).toEqual(own);
    push([]);
    expect(members.node('eu-west-1')).toEqual(own);
  });

  it('tell of a change once, and of nothing where nothing changed', () => {
    const { members, push } = setUp();
    let changes = 0;
    const stop = members.onChange(() => {
      changes += 1;
    });
    const other = cardOf('us-east-1', 'us-east');
    push([own, other]);
    push([other, own]);
    expect(changes).toBe(1);
    push([own, { ...other, epoch: newUuid() }]);
    expect(changes).toBe(2);
    stop();
    push([own]);
    expect(changes).toBe(2);
  });

  it('hear nothing more once closed', () => {
    const { members, listening } = setUp();
    members.close();
    expect(listening()).toBe(0);
  });
});
