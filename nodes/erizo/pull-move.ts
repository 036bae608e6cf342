import { assertNever } from '../../protocol/assert-never.ts';
import type { SourceEnd } from './source.ts';

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
  /** It flows, and its first key frame is under way. */
  | { readonly at: 'waiting' }
  | { readonly at: 'over'; readonly outcome: MoveOutcome };

export type PullMoveEvent =
  /** What of it somebody plays. */
  | {
      readonly type: 'opened';
      readonly plays: 'nothing' | 'sound' | 'video';
    }
  | { readonly type: 'keyFrame' }
  | { readonly type: 'time' }
  | { readonly type: 'oldEnded'; readonly why: SourceEnd }
  | { readonly type: 'newEnded' };

export type PullMoveEffect =
  /** Lets the new way flow, and looks for its key frame. */
  | { readonly type: 'flow' }
  /** All who use the old way go over; the stream comes by the new one from now on. It may play by both. */
  | { readonly type: 'switch'; readonly overlap: boolean }
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
    case 'keyFrame':
      return state.at === 'waiting'
        ? over('moved', { type: 'switch', overlap: true })
        : { state, effects: [] };
    case 'time':
      return over('late', { type: 'endNew' });
    case 'oldEnded':
      return event.why === 'upstream'
        ? over('forced', { type: 'switch', overlap: false })
        : over('unneeded', { type: 'endNew' });
    case 'newEnded':
      return over('failed');
    default:
      return assertNever(event);
  }
}

function opened({ plays }: PullMoveEvent & { type: 'opened' }): PullMoveStep {
  const change = { type: 'switch', overlap: false } as const;
  switch (plays) {
    case 'nothing':
      return over('moved', change);
    case 'sound':
      return over('moved', { type: 'flow' }, change);
    case 'video':
      return { state: { at: 'waiting' }, effects: [{ type: 'flow' }] };
    default:
      return assertNever(plays);
  }
}

function over(outcome: MoveOutcome, ...effects: PullMoveEffect[]): PullMoveStep {
  return { state: { at: 'over', outcome }, effects };
}
