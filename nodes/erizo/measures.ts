import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../protocol/clock.ts';
import { ErizoMeasures } from '../../protocol/contracts/erizo-measures.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { parse } from '../../protocol/parse.ts';
import { counter, gauge, histogram } from '../meters.ts';
import type { Engine } from './engine.ts';
import type { MediaTotals } from './engine-stats.ts';
import type { MediaKind } from './media.ts';
import type { MoveOutcome } from './pull-move.ts';

const defaults = {
  /** Whoever asks more often gets the last answer: with 500 consumers one costs some 20 ms of CPU. */
  freshness_ms: 5_000,
  /**
   * How often the event loop is looked at; it is late by what it takes beyond. Each look wakes the
   * process up: ten a second find what is late for long, and an idle one sleeps on.
   */
  delayResolution_ms: 100,
} as const;

const quantiles = [0.5, 0.99, 1] as const;

type EventLoopDelay = ReturnType<typeof monitorEventLoopDelay>;

/** What this process measures, beside what is open in it. */
export class Measures {
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #registry: Registry;
  readonly #delay: EventLoopDelay;
  readonly #delays: Gauge;
  readonly #firstMedia: Histogram;
  readonly #refusals: Counter;
  readonly #moves: Counter;
  readonly #packets: Record<'received' | 'sent', { packets: Counter; lost: Counter }>;
  readonly #bytes: Record<'received' | 'sent', Counter>;
  #last: { at_ms: number; answer: Promise<ErizoMeasures> } | undefined;

  constructor(components: {
    engine: Engine;
    clock: Clock;
    registry: Registry;
    delay: EventLoopDelay;
  }) {
    const { registry } = components;
    this.#engine = components.engine;
    this.#clock = components.clock;
    this.#registry = registry;
    this.#delay = components.delay;
    this.#delays = gauge(registry, 'rizoma_event_loop_delay_seconds');
    this.#firstMedia = histogram(registry, 'rizoma_first_media_seconds');
    this.#refusals = counter(registry, 'rizoma_cascades_refused_total');
    this.#moves = counter(registry, 'rizoma_pull_moves_total');
    this.#packets = {
      received: {
        packets: counter(registry, 'rizoma_received_packets_total'),
        lost: counter(registry, 'rizoma_received_packets_lost_total'),
      },
      sent: {
        packets: counter(registry, 'rizoma_sent_packets_total'),
        lost: counter(registry, 'rizoma_sent_packets_lost_total'),
      },
    };
    this.#bytes = {
      received: counter(registry, 'rizoma_client_received_bytes_total'),
      sent: counter(registry, 'rizoma_client_sent_bytes_total'),
    };
  }

  /** Watches the event loop from now on. */
  static create(components: { engine: Engine; clock: Clock; registry: Registry }): Measures {
    const delay = monitorEventLoopDelay({ resolution: defaults.delayResolution_ms });
    delay.enable();
    return new Measures({ ...components, delay });
  }

  /** A client was sent the first packet of a track, so long after it was asked for. */
  firstMedia(kind: MediaKind, wait_ms: number): void {
    this.#firstMedia.observe({ kind }, wait_ms / 1_000);
  }

  /** A stream was not let out. */
  cascadeRefused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  /** A stream came another way, or was about to. */
  pullMoved(outcome: MoveOutcome): void {
    this.#moves.inc({ outcome });
  }

  read(): Promise<ErizoMeasures> {
    const now_ms = this.#clock.now();
    if (this.#last === undefined || now_ms - this.#last.at_ms >= defaults.freshness_ms) {
      this.#last = { at_ms: now_ms, answer: this.#read() };
    }
    return this.#last.answer;
  }

  async #read(): Promise<ErizoMeasures> {
    this.#setMedia(await this.#engine.mediaTotals());
    this.#setDelay();
    return parse(ErizoMeasures, await this.#registry.getMetricsAsJSON(), 'measures', 'internal');
  }

  #setMedia({ tracks, clientBytes }: MediaTotals): void {
    for (const direction of ['received', 'sent'] as const) {
      this.#packets[direction].packets.reset();
      this.#packets[direction].lost.reset();
      this.#bytes[direction].reset();
      this.#bytes[direction].inc(clientBytes[direction]);
    }
    for (const { direction, kind, way, packets, lost } of tracks) {
      this.#packets[direction].packets.inc({ kind, way }, packets);
      this.#packets[direction].lost.inc({ kind, way }, lost);
    }
  }

  /** The histogram holds how long each turn took, the time between two looks included. */
  #setDelay(): void {
    for (const quantile of quantiles) {
      const turn_ms = this.#delay.count === 0 ? 0 : this.#delay.percentile(quantile * 100) / 1e6;
      const delay_ms = Math.max(0, turn_ms - defaults.delayResolution_ms);
      this.#delays.set({ quantile }, delay_ms / 1_000);
    }
    this.#delay.reset();
  }
}
