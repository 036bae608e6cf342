import { policies } from '../../../edge/placement/policies.ts';
import { choose } from '../../../edge/placement/choose.ts';
import type { MeshSnapshot, NodeSummary } from '../../../edge/placement/snapshot.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Message } from './message.ts';
import { repeat } from './message.ts';

const dublin = { lat: 53.35, lon: -6.26 };

/** A join: where somebody enters a room that many controllers hold. */
export const placement: Message = {
  name: 'join',
  what: `a placement among ${limits.members} nodes, for a room that ${limits.controllersPerRoom} controllers hold`,
  prepare(share) {
    const regions = repeat(limits.regions * share, (at) => `region-${at}`);
    const nodes = repeat(limits.members * share, (index): NodeSummary => {
      const region = regions[index % regions.length] ?? '';
      const nodeId = `node-${index}`;
      const card = {
        ...{ nodeId, epoch: newUuid(), region, host: `${nodeId}.test:443`, secure: true },
        ...{ place: { lat: 40 + (index % 20), lon: index % 90 }, version: '1' },
      };
      return { card, load: { rooms: 0, clients: 1, cpu: 0, state: 'full' } };
    });
    const snapshot: MeshSnapshot = { regions, nodes };
    const holders = repeat(limits.controllersPerRoom * share, (index) => `node-${index}`);
    const circumstances = { snapshot, onTheWay: new Map(), random: Math.random };
    return () => {
      choose(policies.nearest, { pin: {}, place: dublin, holders }, circumstances);
    };
  },
};
