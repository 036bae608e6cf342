import type { ConnectionPlan } from '../../protocol/contracts/controller-erizo.ts';

/** What connections of a plan do. */
export interface Plan {
  /** Whether the streams of a client share one connection in each direction. */
  shared: boolean;
  /** Whether a connection stays when nothing goes over it, until its client leaves. */
  kept: boolean;
  /** Whether the client expects an offer without the last stream: Licode's clients wait for it. */
  farewell: boolean;
  /** Whether sections stay for a stream whose way here broke: Licode's clients do not subscribe again. */
  waits: boolean;
}

export const plans: Readonly<Record<ConnectionPlan, Plan>> = {
  stream: { shared: false, kept: false, farewell: true, waits: true },
  single: { shared: true, kept: true, farewell: true, waits: true },
  dual: { shared: true, kept: false, farewell: false, waits: false },
};
