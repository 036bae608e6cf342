import type { Browser } from 'playwright-core';
import type { Journey, Travellers } from './journey.ts';
import { openIn, openTravellers, travel } from './journey.ts';
import { clientHost, edgeHost, nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';

/** The ways that a journey has to do with; each is made long alone. */
export const legs = [
  'client-edge',
  'publisher-node',
  'viewer-node',
  'node-node',
  'node-edge',
] as const;

export type Leg = (typeof legs)[number];

/** Round trips of each part of a journey over each way. */
export type Counts<Part extends keyof Journey> = Record<Part, Record<Leg, number>>;

const defaults = {
  /** Several times what a busy machine adds, and well below the second after which TCP sends again. */
  delay_ms: 300,
  /** Noise only ever adds: the least of so many journeys is close to what the ways alone take. */
  rounds: 2,
  /** More where a count is not clear yet. */
  mostRounds: 10,
  /** How far from a whole number a slope may be to be one. */
  clear: 0.3,
} as const;

export interface CountOptions {
  /** The publisher's region, whose host for clients the browser is on, and the viewers'. */
  readonly from: string;
  readonly to: string;
}

/**
 * Counts round trips: how many times the delay that is put on one way comes back in the time that a part
 * of a journey takes. That is a whole number, whatever the machine's speed is.
 */
export class RoundTrips {
  readonly #mesh: WanSystem;
  readonly #pages: Travellers;
  readonly #options: CountOptions;
  /** The least that each part took, without delays and with one on a way. */
  readonly #least = new Map<Leg | 'none', Journey>();
  #journeys = 0;

  private constructor(components: { mesh: WanSystem; pages: Travellers }, options: CountOptions) {
    this.#mesh = components.mesh;
    this.#pages = components.pages;
    this.#options = options;
  }

  /** On a system whose ways take no time; the first journey warms all up and is not counted. */
  static async create(
    components: { mesh: WanSystem; browser: Browser },
    options: CountOptions,
  ): Promise<RoundTrips> {
    const { mesh, browser } = components;
    const pages = await openTravellers(browser, mesh.system.edgeUrl);
    const trips = new RoundTrips({ mesh, pages }, options);
    await trips.#travel();
    return trips;
  }

  /** Travels until every count is clear, or as often as it may. */
  async count<Part extends keyof Journey>(parts: readonly Part[]): Promise<Counts<Part>> {
    for (let round = 0; round < defaults.mostRounds; round += 1) {
      const unclear = legs.filter((leg) => parts.some((part) => !this.#isClear(part, leg)));
      const again = round < defaults.rounds ? legs : unclear;
      if (again.length === 0) {
        break;
      }
      await this.#measure('none');
      for (const leg of again) {
        await this.#measure(leg);
      }
    }
    const row = (part: Part) =>
      Object.fromEntries(legs.map((leg) => [leg, this.#rounded(part, leg)])) as Record<Leg, number>;
    return Object.fromEntries(parts.map((part) => [part, row(part)])) as Counts<Part>;
  }

  #slope(part: keyof Journey, leg: Leg): number {
    const [near, far] = [this.#least.get('none'), this.#least.get(leg)];
    return ((far?.[part] ?? Number.NaN) - (near?.[part] ?? Number.NaN)) / defaults.delay_ms;
  }

  #isClear(part: keyof Journey, leg: Leg): boolean {
    const slope = this.#slope(part, leg);
    return Math.abs(slope - Math.round(slope)) <= defaults.clear;
  }

  /** A slope that stayed unclear is shown as it is, and equals no count. */
  #rounded(part: keyof Journey, leg: Leg): number {
    const slope = this.#slope(part, leg);
    return this.#isClear(part, leg) ? Math.round(slope) + 0 : Number(slope.toFixed(2));
  }

  async #measure(leg: Leg | 'none'): Promise<void> {
    const ways = leg === 'none' ? [] : this.#waysOf(leg);
    await this.#delay(ways, defaults.delay_ms);
    const journey = await this.#travel();
    await this.#delay(ways, 0);
    const least = this.#least.get(leg) ?? journey;
    const parts = Object.keys(journey) as (keyof Journey)[];
    const lesser = parts.map((part) => [part, Math.min(least[part], journey[part])]);
    this.#least.set(leg, Object.fromEntries(lesser) as unknown as Journey);
  }

  async #delay(ways: readonly (readonly [string, string])[], rtt_ms: number): Promise<void> {
    for (const [a, b] of ways) {
      await this.#mesh.wan.link(a, b, { rtt_ms });
    }
  }

  #travel(): Promise<Journey> {
    this.#journeys += 1;
    const room = `journey ${this.#journeys}`;
    const { edgeUrl } = this.#mesh.system;
    const prepared = () => openIn(this.#mesh, this.#options.to);
    return travel(this.#pages, { ...this.#options, edgeUrl, room, frames: false, prepared });
  }

  #waysOf(leg: Leg): (readonly [string, string])[] {
    const { from, to } = this.#options;
    const client = clientHost(from);
    const ways = {
      'client-edge': [[client, edgeHost]],
      'publisher-node': [[client, nodeHost(from)]],
      'viewer-node': [[client, nodeHost(to)]],
      'node-node': [[nodeHost(from), nodeHost(to)]],
      'node-edge': [
        [nodeHost(from), edgeHost],
        [nodeHost(to), edgeHost],
      ],
    } as const;
    return [...ways[leg]];
  }
}
