import type { Clock } from '../../protocol/clock.ts';
import { ageOf } from '../../protocol/clock.ts';

const defaults = {
  /**
   * How long others wait for who asked first: longer than a busy isolate takes to hear an object's answer, and shorter
   * than a client waits. Each draws its own time, so that of a crowd one asks first.
   */
  patience_ms: { least: 4_000, most: 6_000 },
  /** Between two who ask for themselves: the others have the answer of the one before, unless that hung up too. */
  turn_ms: 100,
} as const;

interface Flight<T> {
  readonly began_ms: number;
  /** When the next one who lost patience may ask for itself. */
  turn_ms: number;
  /** Settles with the first answer that anybody has. */
  readonly answer: PromiseWithResolvers<T>;
}

/**
 * One answer for all who ask the same at the same time. Whoever asks first may be a request that its
 * client cuts off, and the answer never comes then: each of the others, when it loses patience, asks for
 * itself, so that nobody can hold them up twice, and shares what it hears with all who still wait.
 */
export class Shared<T> {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  readonly #random: () => number;
  readonly #flights = new Map<string, Flight<T>>();

  constructor(components: { clock: Pick<Clock, 'now' | 'after'>; random?: () => number }) {
    this.#clock = components.clock;
    this.#random = components.random ?? Math.random;
  }

  async ask(what: string, run: () => Promise<T>): Promise<T> {
    const flight = this.#flights.get(what);
    if (flight === undefined || this.#isLost(flight)) {
      return await this.#first(what, run);
    }
    const { least, most } = defaults.patience_ms;
    const patience_ms = least + this.#random() * (most - least);
    const answer =
      (await this.#within(patience_ms, flight)) ??
      (await this.#within(this.#turnIn_ms(flight), flight));
    return answer === undefined ? await this.#fly(what, flight, run) : answer.value;
  }

  /** Nobody waits for it any more, or soon. */
  #isLost({ began_ms }: Flight<T>): boolean {
    return ageOf(began_ms, this.#clock.now()) >= defaults.patience_ms.most;
  }

  async #first(what: string, run: () => Promise<T>): Promise<T> {
    const began_ms = this.#clock.now();
    const flight = { began_ms, turn_ms: began_ms, answer: Promise.withResolvers<T>() };
    // There may be nobody else who hears of a failure.
    flight.answer.promise.catch(() => undefined);
    this.#flights.set(what, flight);
    return await this.#fly(what, flight, run);
  }

  /** Asks, and tells all of the flight. */
  async #fly(what: string, flight: Flight<T>, run: () => Promise<T>): Promise<T> {
    try {
      const value = await run();
      flight.answer.resolve(value);
      return value;
    } catch (thrown) {
      flight.answer.reject(thrown);
      throw thrown;
    } finally {
      if (this.#flights.get(what) === flight) {
        this.#flights.delete(what);
      }
    }
  }

  #turnIn_ms(flight: Flight<T>): number {
    const now_ms = this.#clock.now();
    const turn_ms = Math.max(now_ms, flight.turn_ms);
    flight.turn_ms = turn_ms + defaults.turn_ms;
    return turn_ms - now_ms;
  }

  /** Undefined where it takes longer. */
  async #within(time_ms: number, { answer }: Flight<T>): Promise<{ value: T } | undefined> {
    if (time_ms === 0) {
      return undefined;
    }
    const late = Promise.withResolvers<undefined>();
    const cancel = this.#clock.after(time_ms, () => late.resolve(undefined));
    try {
      return await Promise.race([answer.promise.then((value) => ({ value })), late.promise]);
    } finally {
      cancel();
    }
  }
}
