import { describe, expect, it } from 'vitest';
import { policies } from '../../../edge/placement/policies.ts';
import { RampUp } from '../../../edge/placement/ramp-up.ts';
import { chooseIn, mesh, node, paris, seeded } from './placement-kit.ts';

const nodeId = 'eu-west-1';

function rampWith(assigned: number, clients: number): RampUp {
  const ramp = new RampUp();
  ramp.observe([node('eu-west', 1, { clients })]);
  for (let number = 0; number < assigned; number += 1) {
    ramp.assign(`p${number}`, { nodeId, at_ms: number });
  }
  return ramp;
}

describe('participants on the way', () => {
  it('count until the node reports as many more', () => {
    const ramp = rampWith(5, 10);
    expect(ramp.onTheWay(5).get(nodeId)).toBe(5);
    ramp.observe([node('eu-west', 1, { clients: 13 })]);
    expect(ramp.onTheWay(5).get(nodeId)).toBe(2);
    ramp.observe([node('eu-west', 1, { clients: 13 })]);
    expect(ramp.onTheWay(5).get(nodeId)).toBe(2);
    ramp.observe([node('eu-west', 1, { clients: 20 })]);
    expect(ramp.onTheWay(5).size).toBe(0);
  });

  it('are forgotten after ten seconds, each by its own time', () => {
    const ramp = rampWith(5, 10);
    expect(ramp.onTheWay(10_001).get(nodeId)).toBe(3);
    expect(ramp.onTheWay(10_004).size).toBe(0);
  });

  it('count once where they were sent last', () => {
    const ramp = rampWith(1, 10);
    ramp.assign('p0', { nodeId: 'us-east-1', at_ms: 1 });
    expect([...ramp.onTheWay(1)]).toEqual([['us-east-1', 1]]);
  });

  it('do not come to a node that is gone or was started anew', () => {
    const gone = rampWith(3, 10);
    gone.observe([]);
    expect(gone.onTheWay(3).size).toBe(0);
    const anew = rampWith(3, 10);
    const { card, load } = node('eu-west', 1, { clients: 0 });
    anew.observe([{ card: { ...card, epoch: 'ec0b30e2-31c7-43d7-9f4c-4f5b3b3f6c11' }, load }]);
    expect(anew.onTheWay(3).size).toBe(0);
  });

  it('are no more than a burst that fills any node', () => {
    expect(rampWith(5_000, 0).onTheWay(5_000).get(nodeId)).toBe(4_096);
  });
});

describe('a burst of joins between two reports', () => {
  const snapshot = mesh(
    node('eu-west', 1, { clients: 50, cpu: 0.5 }),
    node('eu-west', 2, { clients: 52, cpu: 0.52 }),
    node('eu-west', 3, { clients: 54, cpu: 0.54 }),
  );
  const burst = (counted: boolean): number[] => {
    const ramp = new RampUp();
    const random = seeded(3);
    const counts = new Map<string, number>();
    for (let number = 0; number < 90; number += 1) {
      const onTheWay = counted ? ramp.onTheWay(0) : new Map<string, number>();
      const wish = { place: paris, holders: ['eu-west-1'] };
      const [entrance] = chooseIn(snapshot, policies.nearest, wish, { onTheWay, random }).entrances;
      const taken = entrance?.card.nodeId ?? '';
      ramp.assign(String(number), { nodeId: taken, at_ms: 0 });
      counts.set(taken, 1 + (counts.get(taken) ?? 0));
    }
    return [...counts.values()];
  };

  it('fills a node up to its limit and then the next, and without the count piles up on one', () => {
    expect(burst(true)).toEqual([40, 38, 12]);
    expect(burst(false)).toEqual([90]);
  });
});
