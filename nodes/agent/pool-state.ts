import type { ErizoLoad } from '../../protocol/contracts/controller-agent.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

/** The times of a pool, in milliseconds, each with its reason. */
export const poolTimes = {
  /** A room's process is free again after this: a viewer who reloads comes back to a warm one. */
  quiet_ms: 5_000,
  /** A start takes half a second of CPU, which the join that took a process needs itself just then. */
  refill_ms: 2_000,
  /** A process that has not registered by then never will; a cold start on a busy host takes 5 s. */
  start_ms: 15_000,
  /** A process that was told to stop and has nothing open closes its worker well within this. */
  stop_ms: 3_000,
  /** A living process dials anew within some seconds; past this it hangs. */
  relink_ms: 10_000,
  /** A process that lived so long did not die of its start. */
  stable_ms: 30_000,
  /** Licode's: what a process has lost hold of in a week goes with it, where nobody needs it for so long. */
  uptime_ms: 7 * 24 * 3_600_000,
  idle_ms: 3 * 3_600_000,
  /** The second early death in a row waits this long, each further one twice as long as the one before. */
  backOffMin_ms: 1_000,
  /** And never longer, so that a host that was repaired is used again soon. */
  backOffMax_ms: 30_000,
} as const;

/** What is known of every registered process. */
interface Known {
  erizoId: string;
  born_ms: number;
  load: ErizoLoad;
  /** Since when its link is down; undefined while it is up. */
  unlinked_ms: number | undefined;
}

/** One ErizoJS process, from its start until its exit was seen. */
export type Slot =
  | { is: 'starting'; erizoId: string; born_ms: number }
  | ({
      is: 'idle';
      /** Since when it serves nobody. */
      since_ms: number;
    } & Known)
  | ({
      is: 'used';
      /** Since when it has had nothing open; undefined while it has. */
      quiet_ms: number | undefined;
      /** Times it was given out since it last said how busy it is. */
      given: number;
    } & Known)
  | ({
      is: 'stopping';
      /** Does not wait until its clients are gone. */
      now: boolean;
      /** Since when it has had no reason to be still there. */
      due_ms: number;
      killed: boolean;
    } & Known);

/** A controller that waits for a process. */
export interface Asked {
  requestId: number;
  /** Processes that do not do. */
  except: readonly string[];
  deadline_ms: number;
}

export interface PoolState {
  /** By ErizoJS id, in the order in which they came. */
  slots: ReadonlyMap<string, Slot>;
  waiting: readonly Asked[];
  /** Early deaths in a row. */
  failures: number;
  /** No process is started before this time. */
  startAfter_ms: number;
  /** While one is ready, the ones that were given out are not made up for before this time. */
  refillAfter_ms: number;
  closing: boolean;
}

export const emptyPool: PoolState = {
  slots: new Map(),
  waiting: [],
  failures: 0,
  startAfter_ms: 0,
  refillAfter_ms: 0,
  closing: false,
};

export type PoolEvent =
  /** Time went by; nothing else happened. */
  | { is: 'tick' }
  | ({ is: 'asked' } & Asked)
  | { is: 'cancelled'; requestId: number }
  /** A process said who it is: one that was started here, or one of an agent that died. */
  | { is: 'registered'; erizoId: string; load: ErizoLoad }
  | { is: 'load'; erizoId: string; load: ErizoLoad }
  /** The link is down, the process is still there. */
  | { is: 'unlinked'; erizoId: string }
  | { is: 'exited'; erizoId: string }
  /** A controller says that it does not answer. */
  | { is: 'deleted'; erizoId: string }
  | { is: 'closing' };

export type PoolEffect =
  | { do: 'start'; erizoId: string }
  /** In order: at once where `now`, else when it has nothing open. */
  | { do: 'stop'; erizoId: string; now: boolean }
  | { do: 'kill'; erizoId: string; why: string }
  | { do: 'grant'; requestId: number; erizoId: string }
  | { do: 'refuse'; requestId: number; code: ErrorCode; message: string }
  /** Controllers have to know: it may have been theirs. */
  | { do: 'tellExited'; erizoId: string };

export interface PoolOptions {
  prerunProcesses: number;
  maxProcesses: number;
  /** A process that sends so much is given to nobody more. Without it there is no such limit. */
  consumersPerErizo?: number;
}

/** Nothing is open in a process with this load. */
export function isQuiet(load: ErizoLoad): boolean {
  return load.clients === 0 && load.pipes === 0;
}
