import { assertNever } from '../../protocol/assert-never.ts';
import type { SourceEnd } from './source.ts';
import type { FirstKeyFrame } from './key-frame-moment.ts';

/**
 * How it ended: `moved`, its new way playing before the old one closed; `forced`, as the old way had broken;
 * `late`, as no picture came by the new way in time; `failed`, as that could not be opened; or the stream is not
 * wanted any more. With the last three the old way stays.
 */
export type MoveOutcome = 'moved' | 'forced' | 'late' | 'failed' | 'unneeded';

/** A stream on its way from one pull to another. */
export type PullMove =
  /** The new way is asked for; nothing flows over it. */
  | { readonly at: 'opening' }
  /** It is open, and waits for the time in which its key frame may be asked for. */
  | { readonly at: 'resting' }
  /** It flows since then, and its first key frame is under way. */
  | { readonly at: 'waiting'; readonly asked_ms: number }
  | { readonly at: 'over'; readonly outcome: MoveOutcome };

export type PullMoveEvent =
  /** What of it somebody plays. */
  | {
      readonly type: 'opened';
      readonly plays: 'nothing' | 'sound' | 'video';
    }
  | { readonly type: 'rested'; readonly now_ms: number }
  | { readonly type: 'keyFrame'; readonly now_ms: number }
  | { readonly type: 'time' }
  | { readonly type: 'oldEnded'; readonly why: SourceEnd }
  | { readonly type: 'newEnded' };

export type PullMoveEffect =
  | { readonly type: 'rest' }
  /** Lets the new way flow, and looks for its key frame. */
  | { readonly type: 'flow' }
  /** All who use the old way go over; the stream comes by the new one from now on. */
  | { readonly type: 'switch'; readonly first: FirstKeyFrame | undefined }
  | { readonly type: 'endNew' };

export interface PullMoveStep {
  readonly state: PullMove;
  readonly effects: readonly PullMoveEffect[];
}

export const beginMove: PullMove = { at: 'opening' };

/** The new way plays before the old one closes, unless the old one is dead. */
export function pullMove(state: PullMove, event: PullMoveEvent): PullMoveStep {
  if (state.at === 'over') {
    return { state, effects: [] };
  }
  switch (event.type) {
    case 'opened':
      return state.at === 'opening' ? opened(event) : { state, effects: [] };
    case 'rested':
      return state.at === 'resting'
        ? { state: { at: 'waiting', asked_ms: event.now_ms }, effects: [{ type: 'flow' }] }
        : { state, effects: [] };
    case 'keyFrame':
      return state.at === 'waiting' ? shown(state.asked_ms, event.now_ms) : { state, effects: [] };
    case 'time':
      return over('late', { type: 'endNew' });
    case 'oldEnded':
      return event.why === 'upstream'
        ? over('forced', { type: 'switch', first: undefined })
        : over('unneeded', { type: 'endNew' });
    case 'newEnded':
      return over('failed');
    default:
      return assertNever(event);
  }
}

function opened({ plays }: PullMoveEvent & { type: 'opened' }): PullMoveStep {
  const change = { type: 'switch', first: undefined } as const;
  switch (plays) {
    case 'nothing':
      return over('moved', change);
    case 'sound':
      return over('moved', { type: 'flow' }, change);
    case 'video':
      return { state: { at: 'resting' }, effects: [{ type: 'rest' }] };
    default:
      return assertNever(plays);
  }
}

function shown(asked_ms: number, now_ms: number): PullMoveStep {
  return over('moved', { type: 'switch', first: { asked_ms, took_ms: now_ms - asked_ms } });
}

function over(outcome: MoveOutcome, ...effects: PullMoveEffect[]): PullMoveStep {
  return { state: { at: 'over', outcome }, effects };
}
