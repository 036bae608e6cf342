import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../edge/placement/explain.ts';
import { policies } from '../../../edge/placement/policies.ts';
import type { Wish } from '../../../edge/placement/scene.ts';
import type { MeshSnapshot } from '../../../edge/placement/snapshot.ts';
import { ExplainAnswer } from '../../../protocol/contracts/placements.ts';
import {
  chooseIn,
  codeOf,
  half,
  mesh,
  node,
  nodeAt,
  osaka,
  paris,
  places,
} from './placement-kit.ts';

function explained(
  snapshot: MeshSnapshot,
  wish: Partial<Wish>,
  onTheWay: ReadonlyMap<string, number> = new Map(),
): ExplainAnswer {
  const circumstances = { snapshot, onTheWay, random: half };
  const full = { pin: {}, place: paris, ...wish };
  return v.parse(ExplainAnswer, explain(policies.nearest, full, circumstances));
}

function rows(answer: ExplainAnswer): string[] {
  return answer.candidates.map(
    ({ nodeId, outcome, rule, why, number, unit }) =>
      `${nodeId} ${outcome} by ${rule}: ${why} (${Number(number.toFixed(2))} ${unit})`,
  );
}

const { card: agentCard, load } = node('eu-west', 9);
const { host: _, ...withoutHost } = agentCard;
const agentOnly = { card: withoutHost, load };

describe('an explained placement', () => {
  it('says of every node which rule took or refused it, and by which number', () => {
    const snapshot = mesh(
      node('eu-west', 1, { cpu: 0.2, clients: 20 }),
      node('eu-west', 2, { cpu: 0.5, clients: 50 }),
      node('eu-west', 3, { cpu: 0.5, clients: 55 }),
      node('us-east', 1, { state: 'full', cpu: 0.95, clients: 90 }),
      node('us-east', 2, { cpu: 0.1, clients: 10 }),
      agentOnly,
      node('ap-northeast'),
    );
    const answer = explained(snapshot, { pin: { deny: ['ap-northeast'] }, holders: ['eu-west-1'] });
    expect(answer.rule).toBe('sticky');
    expect(answer.passedOver).toEqual([{ rule: 'pinned', why: 'the pin leaves 2 regions' }]);
    expect(rows(answer)).toEqual([
      'eu-west-1 taken by sticky: number 1: 13.3 ms away, available, CPU 20 %, 20 clients (1 position)',
      'eu-west-2 alternative by sticky: number 2: 13.3 ms away, available, CPU 50 %, 50 clients (2 position)',
      'us-east-2 alternative by sticky: number 3: 105.2 ms away, available, CPU 10 %, 10 clients (3 position)',
      'eu-west-3 refused by sticky: does not hold the room, which 1 others do (1 controllers)',
      'eu-west-9 refused by controller: runs 0 controllers, so clients cannot enter there (0 controllers)',
      'us-east-1 refused by full: full, CPU 95 %, 90 clients (0.95 cpu)',
      'ap-northeast-1 refused by pin: the pin does not allow ap-northeast; it leaves 2 regions (2 regions)',
    ]);
  });

  it('gives the delay by which a further node was refused', () => {
    const snapshot = mesh(
      ...[1, 2, 3, 4].map((number) => node('eu-west', number)),
      ...[1, 2].map((number) => node('ap-northeast', number)),
    );
    const { candidates } = explained(snapshot, { place: osaka });
    const refused = candidates.filter(({ outcome }) => outcome === 'refused');
    expect(refused).toHaveLength(3);
    expect(new Set(refused.map(({ why }) => why))).toEqual(
      new Set(['162.4 ms away; ap-northeast: 6.7 ms']),
    );
    expect(refused.every(({ delay_ms }) => Math.round(delay_ms ?? 0) === 162)).toBe(true);
  });

  it('counts those on the way in what it calls full', () => {
    const snapshot = mesh(node('eu-west', 1, { clients: 80, cpu: 0.8 }), node('us-east'));
    const answer = explained(snapshot, {}, new Map([['eu-west-1', 20]]));
    expect(answer.rule).toBe('spill');
    const full = answer.candidates.find(({ nodeId }) => nodeId === 'eu-west-1');
    expect(full?.load).toMatchObject({ state: 'full', clients: 100, cpu: 1 });
  });

  it('answers without a rule where no node is left, and says why of each', () => {
    const answer = explained(mesh(node('eu-west'), agentOnly), { pin: { allow: ['us-east'] } });
    expect(answer).toMatchObject({ policy: 'nearest', passedOver: [] });
    expect(answer.rule).toBeUndefined();
    expect(answer.candidates.map(({ rule }) => rule)).toEqual(['pin', 'pin']);
  });

  it('names the jurisdiction that a node lacks', () => {
    const bound = nodeAt({ region: 'us-east', place: places['us-east'], jurisdiction: 'us' });
    const snapshot = mesh(node('eu-west'), bound);
    expect(rows(explained(snapshot, { pin: { jurisdiction: 'us' } }))).toEqual([
      'us-east-1 taken by pinned: number 1: 105.2 ms away, available, CPU 0 %, 0 clients (1 position)',
      'eu-west-1 refused by pin: the pin asks for jurisdiction us, and the node declares none; it leaves 1 regions (1 regions)',
    ]);
  });

  it('refuses a region that nobody knows, as a placement does', () => {
    const run = (): unknown => explained(mesh(node('eu-west')), { pin: { prefer: ['eu-wset'] } });
    expect(codeOf(run)).toBe('region_unknown');
  });

  it('offers what the placement itself offers', () => {
    const snapshot = mesh(node('eu-west'), node('us-east'), node('ap-northeast'));
    const { entrances } = chooseIn(snapshot, policies.nearest, { place: paris });
    const { candidates } = explained(snapshot, {});
    expect(candidates.map(({ nodeId }) => nodeId)).toEqual(
      entrances.map(({ card }) => card.nodeId),
    );
  });
});
