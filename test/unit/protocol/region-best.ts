import { limits } from '../../../protocol/limits.ts';
import type { RegionMap, RegionTree } from '../../../protocol/region-tree.ts';

/** What a tree costs a region: the round trips on its way in ms, and the price of each relay there. */
export function costOf_ms(origin: string, region: string, tree: RegionTree, map: RegionMap) {
  const direct_ms = map.rtt_ms(origin, region);
  const price_ms = Math.max(limits.relayGain_ms, limits.relayGain_share * direct_ms);
  let delay_ms = 0;
  let hops = 0;
  for (let at = region; at !== origin; hops += 1) {
    const parent = tree.get(at);
    if (parent === undefined || hops > tree.size) {
      throw new Error(`${region} is not in the tree`);
    }
    delay_ms += map.rtt_ms(parent, at);
    at = parent;
  }
  return { direct_ms, price_ms, delay_ms, hops, cost_ms: delay_ms + (hops - 1) * price_ms };
}

export function sumOf_ms(origin: string, tree: RegionTree, map: RegionMap): number {
  return [...tree.keys()].reduce(
    (sum, region) => sum + costOf_ms(origin, region, tree, map).cost_ms,
    0,
  );
}

/** The least that any tree costs that keeps the rules: tries them all, so for few regions only. */
export function leastSum_ms(origin: string, map: RegionMap): number {
  const others = map.regions.filter((region) => region !== origin);
  const tree = new Map<string, string>();
  let least_ms = Infinity;
  const choose = (at: number): void => {
    const region = others[at];
    if (region === undefined) {
      least_ms = keepsRules(origin, tree)
        ? Math.min(least_ms, sumOf_ms(origin, tree, map))
        : least_ms;
      return;
    }
    for (const parent of map.regions) {
      if (parent !== region && (parent === origin || map.stateOf(parent) === 'available')) {
        tree.set(region, parent);
        choose(at + 1);
      }
    }
    tree.delete(region);
  };
  choose(0);
  return least_ms;
}

function keepsRules(origin: string, tree: RegionTree): boolean {
  const children = new Map<string, number>();
  for (const [region, parent] of tree) {
    children.set(parent, (children.get(parent) ?? 0) + 1);
    let hops = 0;
    for (let at: string | undefined = region; at !== origin; at = tree.get(at)) {
      hops += 1;
      if (at === undefined || hops > limits.regionHops) {
        return false;
      }
    }
  }
  return [...children.values()].every((count) => count <= limits.regionFanOut);
}
