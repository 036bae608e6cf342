import type { PlacementRuleName } from '../../protocol/contracts/placements.ts';
import { limits } from '../../protocol/limits.ts';
import { compareLoad, isFull, powerOfTwo } from './load.ts';
import type { Policy } from './policies.ts';
import type { Choice, Rule } from './rules.ts';
import type { Circumstances, Region, Scene, Wish } from './scene.ts';
import { regionEmpty, sceneOf } from './scene.ts';
import type { Entrance } from './snapshot.ts';

export interface Placement {
  /** The rule that hit. */
  readonly rule: PlacementRuleName;
  /** The rules before it, and why each was passed over. */
  readonly passedOver: readonly { rule: PlacementRuleName; why: string }[];
  /** Best first, at least one, up to `limits.joinAlternatives`; all within the pin. */
  readonly entrances: readonly Entrance[];
}

const defaults = {
  /** Alternatives in the region that was chosen, before those in others: a node fails more often than a region. */
  entrancesInFirstRegion: 2,
} as const;

/**
 * Where a participant enters: the policy's rules, the first hit wins.
 * Throws `region_unknown` for a pin that names a region which no node ever served, and
 * `region_empty` where no region that the pin allows has a node now.
 */
export function choose(policy: Policy, wish: Wish, circumstances: Circumstances): Placement {
  const scene = sceneOf(wish, circumstances);
  const { hit, passedOver } = decide(policy, scene);
  if (hit === undefined) {
    throw regionEmpty(wish.pin);
  }
  return { rule: hit.rule.name, passedOver, entrances: alternatives(scene, hit.choice) };
}

export interface Decision {
  readonly passedOver: Placement['passedOver'];
  /** Undefined where no node that the pin allows is left. */
  readonly hit: { readonly rule: Rule; readonly choice: Choice } | undefined;
}

export function decide(policy: Policy, scene: Scene): Decision {
  const passedOver: { rule: PlacementRuleName; why: string }[] = [];
  for (const rule of scene.regions.length === 0 ? [] : policy.rules) {
    const verdict = rule.decide(scene);
    if (typeof verdict !== 'string') {
      return { passedOver, hit: { rule, choice: verdict } };
    }
    passedOver.push({ rule: rule.name, why: verdict });
  }
  return { passedOver, hit: undefined };
}

/** The chosen region's best, then what is left when that node or the whole region fails. */
export function alternatives(scene: Scene, { region: chosen, entrance }: Choice): Entrance[] {
  const prefer = scene.wish.pin.prefer ?? [];
  const order = (region: Region): number => {
    const at = prefer.indexOf(region.name);
    return (region.full ? prefer.length + 1 : 0) + (at < 0 ? prefer.length : at);
  };
  const others = scene.regions
    .filter((region) => region !== chosen)
    .toSorted((a, b) => order(a) - order(b) || a.delay_ms - b.delay_ms)
    .slice(0, limits.joinAlternatives);
  const here = ranked(scene, chosen, entrance);
  const list = [
    ...here.slice(0, defaults.entrancesInFirstRegion),
    ...others.flatMap((region) => ranked(scene, region).slice(0, 1)),
    ...here.slice(defaults.entrancesInFirstRegion),
  ];
  return list.slice(0, limits.joinAlternatives);
}

/** A region's nodes: the one that was chosen, else one that holds the room and has room, else by the lot. */
function ranked(scene: Scene, region: Region, chosen?: Entrance): Entrance[] {
  const { entrances } = region;
  const holder = scene.holders
    .flatMap((nodeId) => scene.places.get(nodeId) ?? [])
    .find((one) => one.region === region && !isFull(one.entrance))?.entrance;
  const first = chosen ?? holder ?? powerOfTwo(entrances, scene.random);
  const rest = entrances.filter((entrance) => entrance !== first).toSorted(compareLoad);
  return first === undefined ? rest : [first, ...rest];
}
