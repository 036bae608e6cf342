import type { Counter, Histogram, Registry } from 'prom-client';
import type { ErrorCode } from '../protocol/errors.ts';
import { Calls } from './calls.ts';
import { counter, histogram } from './meters.ts';

/** What a node measures while it works; `Metrics` asks the rest when it is read. */
export class NodeMeasures {
  readonly calls: Calls;
  readonly #joins: Histogram;
  readonly #refusals: Counter;
  readonly #strangers: Counter;
  readonly #gossipRefusals: Counter;
  readonly #uncaught: Counter;

  constructor(components: { registry: Registry }) {
    const { registry } = components;
    this.calls = new Calls({ registry });
    this.#joins = histogram(registry, 'rizoma_join_seconds');
    this.#refusals = counter(registry, 'rizoma_joins_refused_total');
    this.#strangers = counter(registry, 'rizoma_strangers_refused_total');
    this.#gossipRefusals = counter(registry, 'rizoma_gossip_refused_total');
    this.#uncaught = counter(registry, 'rizoma_uncaught_errors_total');
  }

  /** A client was told that it is in, so long after its handshake. */
  joined(wait_ms: number): void {
    this.#joins.observe(wait_ms / 1_000);
  }

  /** Somebody who is no member tried to connect. */
  strangerRefused(): void {
    this.#strangers.inc();
  }

  /** The process survived an error that nothing caught. */
  uncaughtError(): void {
    this.#uncaught.inc();
  }

  refused(code: ErrorCode): void {
    this.#refusals.inc({ code });
  }

  /** Of what others said in the mesh. */
  gossipRefused(code: ErrorCode): void {
    this.#gossipRefusals.inc({ code });
  }
}
