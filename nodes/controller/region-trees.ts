import type { RegionRoute, RoomErizo } from '../../protocol/directory.ts';
import type { Place } from '../../protocol/place.ts';
import { estimatedRttBetween_ms } from '../../protocol/place.ts';
import type { RegionMap, RegionState, RegionTree } from '../../protocol/region-tree.ts';
import { regionTree } from '../../protocol/region-tree.ts';
import { freest, RegionWays } from '../../protocol/region-ways.ts';
import type { SaidLoad } from '../../protocol/said-card.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Members } from '../mesh/members.ts';

export interface RegionTreesComponents {
  edge: Pick<Edge, 'linked'>;
  members: Pick<Members, 'node' | 'loads'>;
}

/** What the directory says of a room's regions. */
export interface KnownRegions {
  readonly routes: readonly RegionRoute[] | undefined;
  readonly erizos: readonly RoomErizo[];
}

/** A tree, and all that it was made from. */
interface Made {
  readonly tree: RegionTree;
  readonly before: RegionRoute | undefined;
  readonly loads: ReadonlyMap<string, SaidLoad>;
  readonly holders: string;
}

/**
 * The trees by which streams of a region reach the others: the Room object's while the edge is there. While it
 * is away, or has made none yet, by the same rules from what the nodes say of their ways and loads in the mesh,
 * beginning each time with the Room object's last, so that controllers who have heard the same find the
 * same, whatever they heard before. While a change is on its way to some of them two may go by different
 * trees. A stream follows the route of who pulls it, so it comes all the same; a pull that comes back to where
 * it began is refused, and one that is asked for a moment later goes by the trees that all have by then.
 */
export class RegionTrees {
  readonly #edge: RegionTreesComponents['edge'];
  readonly #members: RegionTreesComponents['members'];
  /** The last of each origin, as routes are asked for many times. */
  readonly #made = new Map<string, Made>();

  constructor(components: RegionTreesComponents) {
    this.#edge = components.edge;
    this.#members = components.members;
  }

  /** By which each region of the processes gets the streams of the origin. */
  treeOf(origin: string, { routes, erizos }: KnownRegions): RegionTree {
    const before = routes?.find((route) => route.origin === origin);
    const known = before && treeIn(before);
    if (known !== undefined && this.#edge.linked) {
      return known;
    }
    const loads = this.#members.loads();
    const holders = holdersIn(erizos);
    const made = this.#made.get(origin);
    if (made?.before === before && made?.loads === loads && made.holders === holders) {
      return made.tree;
    }
    const tree = regionTree(origin, this.#map(erizos, loads), known);
    this.#made.set(origin, { tree, before, loads, holders });
    return tree;
  }

  #map(erizos: readonly RoomErizo[], loads: ReadonlyMap<string, SaidLoad>): RegionMap {
    const holders = new Map(erizos.map(({ nodeId, region }) => [nodeId, region]));
    const byRegion = Map.groupBy(holders.keys(), (nodeId) => holders.get(nodeId) ?? '');
    const nodesOf = (region: string): readonly string[] => byRegion.get(region) ?? [];
    const placesOf = (region: string): Place[] =>
      nodesOf(region).flatMap((nodeId) => this.#members.node(nodeId)?.place ?? []);
    const ways = this.#waysOf(loads);
    return {
      regions: [...byRegion.keys()],
      rtt_ms: (a, b) => ways.between(a, b) ?? estimatedRttBetween_ms(placesOf(a), placesOf(b)),
      stateOf: (region) =>
        freest(nodesOf(region).flatMap((nodeId) => this.#stateOf(nodeId, loads))),
    };
  }

  /** None of a node that is lost; one that has not said yet how busy it is has just come. */
  #stateOf(nodeId: string, loads: ReadonlyMap<string, SaidLoad>): RegionState[] {
    const isMember = this.#members.node(nodeId) !== undefined;
    return isMember ? [loads.get(nodeId)?.state ?? 'available'] : [];
  }

  #waysOf(loads: ReadonlyMap<string, SaidLoad>): RegionWays {
    const said = [...loads].flatMap(([nodeId, { rtts_ms }]) => {
      const region = this.#members.node(nodeId)?.region;
      return region === undefined ? [] : [{ region, rtts_ms }];
    });
    return new RegionWays(said);
  }
}

/** Of each list, as routes are asked for many times. */
const trees = new WeakMap<RegionRoute, RegionTree>();
const holderTexts = new WeakMap<readonly RoomErizo[], string>();

function treeIn(route: RegionRoute): RegionTree {
  const tree = trees.get(route) ?? new Map(Object.entries(route.parents));
  trees.set(route, tree);
  return tree;
}

/** The nodes that hold the room, and where they are, as text. */
function holdersIn(erizos: readonly RoomErizo[]): string {
  const text =
    holderTexts.get(erizos) ??
    [...new Set(erizos.map(({ nodeId, region }) => `${region} ${nodeId}`))].toSorted().join();
  holderTexts.set(erizos, text);
  return text;
}
