import type { Counter, Histogram, Registry } from 'prom-client';
import type { OnCall } from '../protocol/rpc-peer.ts';
import { counter, histogram } from './meters.ts';

/** Whom a process calls. */
export type Callee = 'edge' | 'agent' | 'erizo' | 'controller' | 'upstream';

/** Counts the calls that a process makes: how long they take, and how they fail. */
export class Calls {
  readonly #durations: Histogram;
  readonly #errors: Counter;

  constructor(components: { registry: Registry }) {
    this.#durations = histogram(components.registry, 'rizoma_rpc_duration_seconds');
    this.#errors = counter(components.registry, 'rizoma_rpc_errors_total');
  }

  /** What peers that speak with one of them tell. */
  to(to: Callee): OnCall {
    return ({ method, duration_ms, code }) => {
      if (code === undefined) {
        this.#durations.observe({ to, method }, duration_ms / 1_000);
      } else {
        this.#errors.inc({ to, method, code });
      }
    };
  }
}
