import { describe, expect, it } from 'vitest';
import { explain } from '../../../edge/placement/explain.ts';
import { policies } from '../../../edge/placement/policies.ts';
import type { MeshSnapshot } from '../../../edge/placement/snapshot.ts';
import type { Operations } from '../../support/operations.ts';
import { growth, linear } from '../../support/operations.ts';
import { chooseIn, half, mesh, node, paris, regionNames } from '../edge/placement-kit.ts';

const some = 64;

/** So many nodes in each region. */
function meshOf(nodes: number, operations: Operations): MeshSnapshot {
  const all = regionNames.flatMap((region) =>
    Array.from({ length: nodes }, (_, number) => node(region, number)),
  );
  return mesh(...all.map(({ card, load }) => ({ card: operations.watch(card), load })));
}

/** Nodes that hold the room, of which none is where its participant may be. */
const holdersOf = (holders: number): string[] =>
  Array.from({ length: holders }, (_, number) => `elsewhere-${number}`);

describe('a placement', () => {
  it('costs as much as the nodes that there are: not holders of the room times nodes', async () => {
    const grown = await growth(some, (size, operations) => {
      chooseIn(meshOf(size, operations), policies.nearest, {
        ...{ place: paris, holders: holdersOf(size) },
      });
    });
    expect(grown).toBeLessThan(linear);
  });

  it('that is explained costs as much as the nodes that it explains: not nodes times nodes', async () => {
    const grown = await growth(some, (size, operations) => {
      const wish = { pin: {}, place: paris, holders: holdersOf(size) };
      const snapshot = meshOf(size, operations);
      const { candidates } = explain(policies.nearest, wish, {
        ...{ snapshot, onTheWay: new Map(), random: half },
      });
      expect(candidates).toHaveLength(regionNames.length * size);
    });
    expect(grown).toBeLessThan(linear);
  });
});
