import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PullMove, PullMoveEffect, PullMoveEvent } from '../../../nodes/erizo/pull-move.ts';
import { beginMove, pullMove } from '../../../nodes/erizo/pull-move.ts';

function run(...events: PullMoveEvent[]): { state: PullMove; effects: PullMoveEffect[] } {
  let state = beginMove;
  const effects: PullMoveEffect[] = [];
  for (const event of events) {
    const step = pullMove(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

const plays = fc.constantFrom('nothing', 'sound', 'video');
const anyEvent: fc.Arbitrary<PullMoveEvent> = fc.oneof(
  fc.record({ type: fc.constant('opened'), plays }),
  fc.constant({ type: 'keyFrame' }),
  fc.constant({ type: 'time' }),
  fc.record({ type: fc.constant('oldEnded'), why: fc.constantFrom('ended', 'upstream') }),
  fc.constant({ type: 'newEnded' }),
);

describe('a pull that moves', () => {
  it('switches when the first key frame of the new way is there, and plays by both', () => {
    const { state, effects } = run(
      { type: 'opened', plays: 'video' },
      { type: 'keyFrame' },
      { type: 'keyFrame' },
    );
    expect(effects).toEqual([{ type: 'flow' }, { type: 'switch', overlap: true }]);
    expect(state).toEqual({ at: 'over', outcome: 'moved' });
  });

  it('does not wait for pictures that nobody plays', () => {
    expect(run({ type: 'opened', plays: 'nothing' }).effects).toEqual([
      { type: 'switch', overlap: false },
    ]);
    expect(run({ type: 'opened', plays: 'sound' }).effects).toEqual([
      { type: 'flow' },
      { type: 'switch', overlap: false },
    ]);
  });

  it('keeps the old way where the new one does not play in time, or cannot be had', () => {
    const late = run({ type: 'opened', plays: 'video' }, { type: 'time' });
    expect(late.effects.at(-1)).toEqual({ type: 'endNew' });
    expect(late.state).toEqual({ at: 'over', outcome: 'late' });
    expect(run({ type: 'newEnded' })).toEqual({
      state: { at: 'over', outcome: 'failed' },
      effects: [],
    });
  });

  it('switches at once where the old way broke, and gives the new one up where the stream ended', () => {
    expect(run({ type: 'oldEnded', why: 'upstream' })).toEqual({
      state: { at: 'over', outcome: 'forced' },
      effects: [{ type: 'switch', overlap: false }],
    });
    expect(run({ type: 'oldEnded', why: 'ended' })).toEqual({
      state: { at: 'over', outcome: 'unneeded' },
      effects: [{ type: 'endNew' }],
    });
  });

  it('whatever happens ends once, with one of the two ways', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), (events) => {
        const { state, effects } = run(...events, { type: 'time' });
        const [last, ...more] = effects.filter(
          ({ type }) => type === 'switch' || type === 'endNew',
        );
        expect(more).toEqual([]);
        expect(state.at).toBe('over');
        const outcome = state.at === 'over' ? state.outcome : undefined;
        const isMoved = outcome === 'moved' || outcome === 'forced';
        expect(last?.type).toBe(isMoved ? 'switch' : outcome === 'failed' ? undefined : 'endNew');
      }),
    );
  });
});
