import { neighboursOf } from './neighbours.ts';

export interface LinkScene {
  readonly self: string;
  /** Nodes that are there, as they say themselves. */
  readonly here: readonly string[];
  /** Others that may be there: those that the edge names, those of an earlier run, and those that were lost. */
  readonly perhaps: readonly string[];
  readonly linked: ReadonlySet<string>;
  /** Those links that this node made. */
  readonly dialled: ReadonlySet<string>;
  /** Those that could not be reached a moment ago. */
  readonly resting: ReadonlySet<string>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * Whom to dial now and from whom to part. One of those that are perhaps there is looked for each time, as the
 * two halves of a mesh that fell apart know each other only so.
 */
export function linkPlan(scene: LinkScene): { dial: string[]; part: string[] } {
  const { self, here, perhaps, linked, dialled, resting, random } = scene;
  const known = new Set(here);
  const wanted = neighboursOf(
    self,
    here.filter((node) => !resting.has(node)),
  );
  const missed = perhaps.filter(
    (node) => node !== self && !known.has(node) && !linked.has(node) && !resting.has(node),
  );
  const tried = missed[Math.floor(random() * missed.length)];
  const dial = [...wanted, ...(tried === undefined ? [] : [tried])];
  return {
    dial: dial.filter((node) => !linked.has(node)),
    part: [...dialled].filter((node) => linked.has(node) && !wanted.includes(node)),
  };
}
