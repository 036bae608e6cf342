import type { ExplainAnswer, PlacementCandidate } from '../../protocol/contracts/placements.ts';
import { allows } from '../../protocol/pin.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { alternatives, decide } from './choose.ts';
import { isFull } from './load.ts';
import type { Policy } from './policies.ts';
import type { Reason } from './reasons.ts';
import * as reasons from './reasons.ts';
import type { Rule } from './rules.ts';
import type { Circumstances, Scene, Wish } from './scene.ts';
import { expectedLoad, sceneOf } from './scene.ts';
import type { Entrance, NodeSummary } from './snapshot.ts';

type Judgement = Pick<PlacementCandidate, 'outcome' | 'rule'> & Reason;

interface Outcome {
  readonly scene: Scene;
  readonly rule: Rule;
  readonly offered: readonly [Entrance, ...Entrance[]];
}

/**
 * What `choose` would do, and what it makes of every node there is: those that it would offer first,
 * then the others, nearest first. Throws `region_unknown`; an empty region is an answer without a rule.
 */
export function explain(policy: Policy, wish: Wish, circumstances: Circumstances): ExplainAnswer {
  const scene = sceneOf(wish, circumstances);
  const { hit, passedOver } = decide(policy, scene);
  const [first, ...others] = hit === undefined ? [] : alternatives(scene, hit.choice);
  const outcome =
    hit === undefined || first === undefined
      ? undefined
      : { scene, rule: hit.rule, offered: [first, ...others] as const };
  const candidates = circumstances.snapshot.nodes.map((node): PlacementCandidate => {
    const { nodeId, region } = node.card;
    const delay_ms = scene.regions.find(({ name }) => name === region)?.delay_ms;
    return {
      nodeId,
      region,
      ...judge(outcome, wish.pin, node, scene),
      ...(wish.place === undefined || delay_ms === undefined ? {} : { delay_ms }),
      load: expectedLoad(node, circumstances.onTheWay),
    };
  });
  return {
    policy: policy.name,
    ...(hit === undefined ? {} : { rule: hit.rule.name }),
    passedOver: [...passedOver],
    candidates: candidates.toSorted(byOffer),
  };
}

function judge(
  outcome: Outcome | undefined,
  pin: RegionPin,
  { card, load }: NodeSummary,
  { places, allowedRegions }: Scene,
): Judgement {
  if (!allows(pin, card)) {
    const { region, jurisdiction = 'none' } = card;
    const { jurisdiction: demanded, ...byName } = pin;
    const what = allows(byName, card)
      ? `asks for jurisdiction ${demanded}, and the node declares ${jurisdiction}`
      : `does not allow ${region}`;
    const why = `the pin ${what}; it leaves ${allowedRegions} regions`;
    return { outcome: 'refused', rule: 'pin', why, number: allowedRegions, unit: 'regions' };
  }
  if (load.draining === true) {
    const why = `is draining: it takes no new clients, and ends when its ${load.clients} have left`;
    return { outcome: 'refused', rule: 'draining', why, number: load.clients, unit: 'clients' };
  }
  const entrance = places.get(card.nodeId)?.entrance;
  if (entrance === undefined || outcome === undefined) {
    const why = 'runs 0 controllers, so clients cannot enter there';
    return { outcome: 'refused', rule: 'controller', why, number: 0, unit: 'controllers' };
  }
  return judgeEntrance(outcome, entrance);
}

function judgeEntrance({ scene, rule, offered }: Outcome, entrance: Entrance): Judgement {
  const [taken] = offered;
  const position = 1 + offered.indexOf(entrance);
  if (position > 0) {
    const reason = reasons.offered(scene, entrance, position);
    return { outcome: position === 1 ? 'taken' : 'alternative', rule: rule.name, ...reason };
  }
  if (isFull(entrance) && !isFull(taken)) {
    return { outcome: 'refused', rule: 'full', ...reasons.full(entrance) };
  }
  return { outcome: 'refused', rule: rule.name, ...rule.refuse(scene, taken, entrance) };
}

const rank = { taken: 0, alternative: 1, refused: 2 } as const;

function byOffer(a: PlacementCandidate, b: PlacementCandidate): number {
  const order = rank[a.outcome] - rank[b.outcome];
  return (
    order ||
    (a.outcome === 'refused'
      ? (a.delay_ms ?? Infinity) - (b.delay_ms ?? Infinity) || 0
      : a.number - b.number)
  );
}
