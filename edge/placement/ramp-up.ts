import { ageOf } from '../../protocol/clock.ts';
import type { NodeSummary } from './snapshot.ts';

const defaults = {
  /** Who has not come by then will not: a token that nobody used, a client that went elsewhere. */
  keep_ms: 10_000,
  /** Past so many the eldest are forgotten; a burst of this size fills any node. */
  assignments: 4_096,
} as const;

interface Assignment {
  readonly nodeId: string;
  readonly at_ms: number;
}

/** How many clients each node has, in which of its runs. */
type Reports = ReadonlyMap<string, { epoch: string; clients: number }>;

/** Made once for each picture of the mesh, whichever rooms look at it. */
const reports = new WeakMap<readonly NodeSummary[], Reports>();

function reportsOf(nodes: readonly NodeSummary[]): Reports {
  const known = reports.get(nodes);
  if (known !== undefined) {
    return known;
  }
  const made = new Map(
    nodes.map(({ card, load }) => [card.nodeId, { epoch: card.epoch, clients: load.clients }]),
  );
  reports.set(nodes, made);
  return made;
}

/**
 * The participants that one placer has sent to nodes and not yet seen in the load that these report,
 * so that a burst of joins between two reports does not pile up on the node that was best before it.
 */
export class RampUp {
  /** By participant, the eldest first. */
  readonly #assigned = new Map<string, Assignment>();
  /** How many of them each node has: counting them all at each join would cost more than the join. */
  readonly #counts = new Map<string, number>();
  /** What each node last reported: how many clients, in which of its runs. */
  #reported: Reports = new Map();

  /** How many participants are on their way, as far as is known. */
  get size(): number {
    return this.#assigned.size;
  }

  /** A participant was sent to a node; who is sent again goes to the later one alone. */
  assign(participant: string, assignment: Assignment): void {
    this.forget(participant);
    this.#assigned.set(participant, assignment);
    this.#counts.set(assignment.nodeId, 1 + (this.#counts.get(assignment.nodeId) ?? 0));
    const [eldest] = this.#assigned.keys();
    if (this.#assigned.size > defaults.assignments && eldest !== undefined) {
      this.forget(eldest);
    }
  }

  /** A participant goes elsewhere. */
  forget(participant: string): void {
    const assignment = this.#assigned.get(participant);
    if (assignment === undefined) {
      return;
    }
    const { nodeId } = assignment;
    const left = (this.#counts.get(nodeId) ?? 0) - 1;
    this.#assigned.delete(participant);
    if (left > 0) {
      this.#counts.set(nodeId, left);
    } else {
      this.#counts.delete(nodeId);
    }
  }

  /** A new picture: as many as a node has more than before have come, the eldest of them first. */
  observe(nodes: readonly NodeSummary[]): void {
    const arrived = new Map<string, number>();
    for (const { card, load } of nodes) {
      const before = this.#reported.get(card.nodeId);
      const restarted = before !== undefined && before.epoch !== card.epoch;
      const more = load.clients - (before?.clients ?? load.clients);
      arrived.set(card.nodeId, restarted ? Infinity : Math.max(0, more));
    }
    for (const [participant, { nodeId }] of this.#assigned) {
      // A node that is gone takes nobody.
      const left = arrived.get(nodeId) ?? Infinity;
      if (left > 0) {
        this.forget(participant);
        arrived.set(nodeId, left - 1);
      }
    }
    this.#reported = reportsOf(nodes);
  }

  /** How many are on the way to each node; nodes in the order in which they had nobody on the way last. */
  onTheWay(now_ms: number): ReadonlyMap<string, number> {
    for (const [participant, { at_ms }] of this.#assigned) {
      if (ageOf(at_ms, now_ms) < defaults.keep_ms) {
        break;
      }
      this.forget(participant);
    }
    return new Map(this.#counts);
  }
}
