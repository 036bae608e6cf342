import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { NodeCard } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import type { Log } from '../log.ts';
import type { Members } from './members.ts';
import type { Way } from './way.ts';
import { measured } from './way.ts';
import { pairsOf } from './way-pairs.ts';

export interface ProberComponents {
  clock: Clock;
  log: Log;
  members: Members;
  /** One round trip to a node, in ms; rejects where it is not answered. */
  ping: (to: NodeCard) => Promise<number>;
}

export interface ProberOptions {
  nodeId: string;
  region: string;
}

const defaults = {
  /** A way that has changed is known in some rounds, and a mesh of 64 regions, of which each has 63 ways, pings some ten times a second a region. */
  period_ms: 20_000,
  /** The least of so many is close to the way itself, also where processes are busy. */
  pings: 3,
  /** A region is met when it or this process has just begun, and is busy: it is measured once more when that is over. */
  again_ms: 3_000,
} as const;

/** Measures the ways from this region to others, so far as it is this node's turn. */
export class Prober {
  readonly #components: ProberComponents;
  readonly #self: ProberOptions;
  readonly #ways = new Map<string, Way>();
  /** Regions that are being pinged. */
  readonly #busy = new Set<string>();
  readonly #stops: Cancel[] = [];
  readonly #again = new Map<string, Cancel>();

  constructor(components: ProberComponents, options: ProberOptions) {
    this.#components = components;
    this.#self = options;
  }

  /** Begins as soon as there is another region. */
  static create(components: ProberComponents, options: ProberOptions): Prober {
    const prober = new Prober(components, options);
    const { clock, members } = components;
    prober.#stops.push(
      clock.every(defaults.period_ms, () => prober.#round()),
      members.onChange(() => prober.#meetNew()),
    );
    prober.#meetNew();
    return prober;
  }

  get ways(): ReadonlyMap<string, Way> {
    return this.#ways;
  }

  /** Round trips to other regions in ms, rounded; undefined where none is known. */
  get rtts_ms(): Record<string, number> | undefined {
    const known = [...this.#ways].slice(0, limits.regions);
    return known.length === 0
      ? undefined
      : Object.fromEntries(known.map(([region, { shown_ms }]) => [region, shown_ms]));
  }

  close(): void {
    for (const stop of [...this.#stops.splice(0), ...this.#again.values()]) {
      stop();
    }
    this.#again.clear();
    this.#ways.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #pairs(): ReadonlyMap<string, NodeCard> {
    return pairsOf(this.#self, this.#components.members.all());
  }

  /** What is another node's to measure is forgotten here, so that nobody goes by an old figure. */
  #round(): void {
    const pairs = this.#pairs();
    for (const region of this.#ways.keys()) {
      if (!pairs.has(region)) {
        this.#ways.delete(region);
      }
    }
    for (const [region, node] of pairs) {
      void this.#measure(region, node);
    }
  }

  #meetNew(): void {
    for (const [region, node] of this.#pairs()) {
      if (!this.#ways.has(region)) {
        void this.#measure(region, node);
        this.#again.get(region)?.();
        this.#again.set(
          region,
          this.#components.clock.after(defaults.again_ms, () => this.#meetAgain(region)),
        );
      }
    }
  }

  #meetAgain(region: string): void {
    this.#again.delete(region);
    const node = this.#pairs().get(region);
    if (node !== undefined) {
      void this.#measure(region, node);
    }
  }

  async #measure(region: string, node: NodeCard): Promise<void> {
    if (this.#busy.has(region)) {
      return;
    }
    this.#busy.add(region);
    const round_ms: (number | undefined)[] = [];
    for (let sent = 0; sent < defaults.pings; sent += 1) {
      round_ms.push(await this.#components.ping(node).catch(() => undefined));
    }
    this.#busy.delete(region);
    if (this.#stops.length > 0) {
      this.#take(region, node, measured(this.#ways.get(region), round_ms));
    }
  }

  #take(region: string, { nodeId }: NodeCard, way: Way | undefined): void {
    const { log } = this.#components;
    const before = this.#ways.get(region);
    if (way === undefined) {
      this.#ways.delete(region);
    } else {
      this.#ways.set(region, way);
    }
    if (before?.shown_ms !== way?.shown_ms) {
      log.info({ region, nodeId, rtt_ms: way?.shown_ms }, 'a way was measured');
    }
  }
}
