import type { Wan } from './wan.ts';

/** Round trips of each part of a journey over each way. */
export type Counts<Part extends string, Leg extends string> = Record<Part, Record<Leg, number>>;

/** What each part of a journey took, in ms. */
export type Taken<Part extends string> = Readonly<Record<Part, number>>;

const defaults = {
  /** Several times what a busy machine adds, and well below the second after which TCP sends again. */
  delay_ms: 500,
  /** Noise only ever adds: the least of so many journeys is close to what the ways alone take. */
  mostRounds: 12,
  /** How far from a whole number a slope may be to be one. */
  clear: 0.3,
} as const;

export interface RoundTripsComponents<Part extends string> {
  wan: Pick<Wan, 'link'>;
  travel: () => Promise<Taken<Part>>;
}

export interface RoundTripsOptions<Leg extends string> {
  /** The ways that a journey has to do with, each made long alone: between which hosts it is; it takes no time else. */
  readonly legs: Readonly<Record<Leg, readonly (readonly [string, string])[]>>;
}

/**
 * Counts round trips: how many times the delay that is put on one way comes back in the time that a part
 * of a journey takes. That is a whole number, whatever the machine's speed is.
 */
export class RoundTrips<Part extends string, Leg extends string> {
  readonly #parts: RoundTripsComponents<Part>;
  readonly #ways: RoundTripsOptions<Leg>['legs'];
  readonly #legs: readonly Leg[];
  /** The least that each part took, without delays and with one on a way. */
  readonly #least = new Map<Leg | 'none', Taken<Part>>();

  constructor(components: RoundTripsComponents<Part>, options: RoundTripsOptions<Leg>) {
    this.#parts = components;
    this.#ways = options.legs;
    this.#legs = Object.keys(options.legs) as Leg[];
  }

  /**
   * Travels until every count is what is expected, or as often as it may, and answers the counts. A journey that a
   * busy machine held up shows more than the ways take, or less where it was the one without delays: both are travelled again.
   * The first journey warms all up and is not counted.
   */
  async count(expected: Counts<Part, Leg>): Promise<Counts<Part, Leg>> {
    await this.#parts.travel();
    const parts = Object.keys(expected) as Part[];
    let doubtful = this.#legs;
    for (let round = 0; round < defaults.mostRounds && doubtful.length > 0; round += 1) {
      await this.#measure('none');
      for (const leg of doubtful) {
        await this.#measure(leg);
      }
      const isAsExpected = (part: Part, leg: Leg): boolean =>
        this.#rounded(part, leg) === expected[part][leg];
      doubtful = this.#legs.filter((leg) => parts.some((part) => !isAsExpected(part, leg)));
    }
    const row = (part: Part) =>
      Object.fromEntries(this.#legs.map((leg) => [leg, this.#rounded(part, leg)]));
    return Object.fromEntries(parts.map((part) => [part, row(part)])) as Counts<Part, Leg>;
  }

  #slope(part: Part, leg: Leg): number {
    const [near, far] = [this.#least.get('none'), this.#least.get(leg)];
    return ((far?.[part] ?? Number.NaN) - (near?.[part] ?? Number.NaN)) / defaults.delay_ms;
  }

  #isClear(part: Part, leg: Leg): boolean {
    const slope = this.#slope(part, leg);
    return Math.abs(slope - Math.round(slope)) <= defaults.clear;
  }

  /** A slope that stayed unclear is shown as it is, and equals no count. */
  #rounded(part: Part, leg: Leg): number {
    const slope = this.#slope(part, leg);
    return this.#isClear(part, leg) ? Math.round(slope) + 0 : Number(slope.toFixed(2));
  }

  async #measure(leg: Leg | 'none'): Promise<void> {
    const ways = leg === 'none' ? [] : this.#ways[leg];
    await this.#delay(ways, defaults.delay_ms);
    const journey = await this.#parts.travel();
    await this.#delay(ways, 0);
    const least = this.#least.get(leg) ?? journey;
    const parts = Object.keys(journey) as Part[];
    const lesser = parts.map((part) => [part, Math.min(least[part], journey[part])]);
    this.#least.set(leg, Object.fromEntries(lesser) as Taken<Part>);
  }

  async #delay(ways: readonly (readonly [string, string])[], rtt_ms: number): Promise<void> {
    for (const [a, b] of ways) {
      await this.#parts.wan.link(a, b, { rtt_ms });
    }
  }
}
