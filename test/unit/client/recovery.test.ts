import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../client/sdk/defaults.ts';
import type { RecoveryEffect, RecoveryEvent, RecoveryState } from '../../../client/sdk/recovery.ts';
import { backOff_ms, firstTry, recover } from '../../../client/sdk/recovery.ts';

function run(events: readonly RecoveryEvent[]) {
  let state: RecoveryState = firstTry;
  const effects: RecoveryEffect[] = [];
  for (const event of events) {
    const step = recover(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects, kinds: effects.map(({ kind }) => kind) };
}

const broke: RecoveryEvent = { kind: 'broke', now_ms: 0, permanent: false };
const worked: RecoveryEvent = { kind: 'worked', now_ms: 0 };
const waited: RecoveryEvent = { kind: 'waited' };

const anyEvent: fc.Arbitrary<RecoveryEvent> = fc.oneof(
  fc.record({ kind: fc.constant('worked' as const), now_ms: fc.constant(0) }),
  fc.record({
    kind: fc.constant('broke' as const),
    now_ms: fc.constant(0),
    permanent: fc.constant(false),
  }),
  fc.constantFrom<RecoveryEvent>(waited, { kind: 'room-down' }, { kind: 'room-up' }),
);

describe('recover', () => {
  it('waits twice as long before each next try, and gives up after the last', () => {
    const failures = Array.from({ length: defaults.retries }, () => [broke, waited]).flat();
    const { effects, state } = run([...failures, broke]);
    const waits = effects.flatMap((effect) => (effect.kind === 'wait' ? [effect.delay_ms] : []));
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000]);
    expect(effects.at(-1)).toEqual({ kind: 'give-up' });
    expect(state).toEqual({ kind: 'failed' });
  });

  it('gives up at once where the same would happen again', () => {
    expect(run([{ ...broke, permanent: true }]).kinds).toEqual(['abandon', 'release', 'give-up']);
  });

  it('counts anew for a stream that held for a while, and not for one that broke at once', () => {
    const later: RecoveryEvent = { ...broke, now_ms: defaults.stable_ms };
    const soon: RecoveryEvent = { ...broke, now_ms: defaults.stable_ms - 1 };
    const delays = (last: RecoveryEvent) =>
      run([broke, waited, worked, last])
        .effects.filter(({ kind }) => kind === 'wait')
        .at(-1);
    expect(delays(later)).toEqual({ kind: 'wait', delay_ms: backOff_ms(0) });
    expect(delays(soon)).toEqual({ kind: 'wait', delay_ms: backOff_ms(1) });
  });

  it('holds the next try while the room is away, and makes it when the room is back', () => {
    const away = run([broke, { kind: 'room-down' }, waited]);
    expect(away.state.kind).toBe('held');
    expect(away.kinds).not.toContain('try');
    const back = run([broke, { kind: 'room-down' }, waited, { kind: 'room-up' }]);
    expect(back.kinds).toEqual(['abandon', 'wait', 'try']);
  });

  it('leaves a live stream alone when the room goes and comes back', () => {
    const { state, effects } = run([worked, { kind: 'room-down' }, { kind: 'room-up' }]);
    expect(state.kind).toBe('live');
    expect(effects).toEqual([{ kind: 'release' }]);
  });

  it('does nothing more once it was ended', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), fc.array(anyEvent), (before, after) => {
        const ended = run([...before, { kind: 'end' }]);
        expect(run([...before, { kind: 'end' }, ...after])).toEqual(ended);
      }),
    );
  });

  it('never has two tries under way, and no more of them than are allowed', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
        let state: RecoveryState = firstTry;
        let tries = 1;
        for (const event of events) {
          const before = state.kind;
          const step = recover(state, event);
          state = step.state;
          if (step.effects.some(({ kind }) => kind === 'try')) {
            expect(['waiting', 'held']).toContain(before);
            tries += 1;
          }
        }
        expect(tries).toBeLessThanOrEqual(defaults.retries + 1);
      }),
    );
  });
});
