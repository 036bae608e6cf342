import { assertNever } from '../../protocol/assert-never.ts';
import { defaults } from './defaults.ts';

/**
 * How one stream is kept going: tried, tried again after a back-off that doubles, given up after
 * so many tries. `roomUp` says whether there is a controller to try with.
 */
export type RecoveryState =
  | { kind: 'trying'; tries: number; roomUp: boolean }
  | { kind: 'live'; tries: number; since_ms: number; roomUp: boolean }
  | { kind: 'waiting'; tries: number; roomUp: boolean }
  /** The wait is over, and the room is away. */
  | { kind: 'held'; tries: number; roomUp: false }
  | { kind: 'failed' }
  | { kind: 'ended' };

export type RecoveryEvent =
  | { kind: 'worked'; now_ms: number }
  | { kind: 'broke'; now_ms: number; permanent: boolean }
  | { kind: 'waited' }
  | { kind: 'room-down' }
  | { kind: 'room-up' }
  /** It has to be tried anew, and at once, for no fault of its own. */
  | { kind: 'again' }
  /** There is another controller, where all begins anew. */
  | { kind: 'moved' }
  | { kind: 'end' };

export type RecoveryEffect =
  | { kind: 'try' }
  | { kind: 'wait'; delay_ms: number }
  | { kind: 'abandon' }
  /** What works is kept until the next try works. */
  | { kind: 'keep' }
  /** Ends what was kept. */
  | { kind: 'release' }
  | { kind: 'give-up' };

export interface RecoveryStep {
  readonly state: RecoveryState;
  readonly effects: readonly RecoveryEffect[];
}

/** The state in which the first try is under way. */
export const firstTry: RecoveryState = { kind: 'trying', tries: 0, roomUp: true };

/** How long to wait before the try of that number, which starts at 0. */
export function backOff_ms(tries: number): number {
  return defaults.firstRetry_ms * 2 ** tries;
}

export function recover(state: RecoveryState, event: RecoveryEvent): RecoveryStep {
  if (state.kind === 'failed' || state.kind === 'ended') {
    return { state, effects: [] };
  }
  switch (event.kind) {
    case 'worked':
      return state.kind === 'trying'
        ? step({ ...state, kind: 'live', since_ms: event.now_ms }, { kind: 'release' })
        : step(state);
    case 'broke':
      return broke(state, event);
    case 'waited':
      return waited(state);
    case 'room-down':
      return step(state.kind === 'held' ? state : { ...state, roomUp: false });
    case 'room-up':
      return state.kind === 'held'
        ? step({ kind: 'trying', tries: state.tries, roomUp: true }, { kind: 'try' })
        : step({ ...state, roomUp: true });
    case 'again':
      return state.kind === 'live' || state.kind === 'trying'
        ? step({ kind: 'trying', tries: 0, roomUp: state.roomUp }, abandon, { kind: 'try' })
        : step(state);
    case 'moved': {
      const before = state.kind === 'live' ? ({ kind: 'keep' } as const) : abandon;
      return step({ kind: 'trying', tries: 0, roomUp: true }, before, { kind: 'try' });
    }
    case 'end':
      return step({ kind: 'ended' }, abandon, { kind: 'release' });
    default:
      return assertNever(event);
  }
}

const abandon = { kind: 'abandon' } as const;

type Going = Exclude<RecoveryState, { kind: 'failed' | 'ended' }>;

function broke(state: Going, event: { now_ms: number; permanent: boolean }): RecoveryStep {
  if (state.kind === 'waiting' || state.kind === 'held') {
    return step(state);
  }
  const stable = state.kind === 'live' && event.now_ms - state.since_ms >= defaults.stable_ms;
  const tries = stable ? 0 : state.tries;
  if (event.permanent || tries >= defaults.retries) {
    return step({ kind: 'failed' }, abandon, { kind: 'release' }, { kind: 'give-up' });
  }
  const { roomUp } = state;
  const wait = { kind: 'wait', delay_ms: backOff_ms(tries) } as const;
  return step({ kind: 'waiting', tries: tries + 1, roomUp }, abandon, wait);
}

function waited(state: Going): RecoveryStep {
  if (state.kind !== 'waiting') {
    return step(state);
  }
  return state.roomUp
    ? step({ ...state, kind: 'trying' }, { kind: 'try' })
    : step({ kind: 'held', tries: state.tries, roomUp: false });
}

function step(state: RecoveryState, ...effects: RecoveryEffect[]): RecoveryStep {
  return { state, effects };
}
