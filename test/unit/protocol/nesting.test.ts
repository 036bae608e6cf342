import { describe, expect, it } from 'vitest';
import { limits } from '../../../protocol/limits.ts';
import { checkNesting } from '../../../protocol/nesting.ts';

/** `1` in so many arrays, or objects. */
function nested(levels: number, as: 'arrays' | 'objects' = 'arrays'): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) {
    value = as === 'arrays' ? [value] : { inner: value };
  }
  return value;
}

describe('JSON from outside', () => {
  it.each(['arrays', 'objects'] as const)('may hold 16 levels of %s and no 17th', (as) => {
    expect(limits.nesting).toBe(16);
    expect(() => checkNesting(nested(16, as), 'a message')).not.toThrow();
    expect(() => checkNesting(nested(17, as), 'a message')).toThrow(
      'a message is nested deeper than 16 levels',
    );
  });

  it('is looked through in all its parts', () => {
    const wide = Array.from({ length: 1_000 }, () => nested(14));
    expect(() => checkNesting({ wide, deep: nested(15) }, 'it')).not.toThrow();
    expect(() => checkNesting({ wide, deep: nested(16) }, 'it')).toThrow(/17|deeper than 16/);
  });

  it('has so many arrays and objects where that is bounded, and no more', () => {
    const groups = (count: number): unknown => Array.from({ length: count - 1 }, () => ({}));
    const check = (count: number) => () => checkNesting(groups(count), 'it', limits.nesting, 16);
    expect(check(16)).not.toThrow();
    expect(check(17)).toThrow('it has more than 16 arrays and objects');
  });

  it.each([1, 'text', null, undefined, true])('may be %s', (value) => {
    expect(() => checkNesting(value, 'it')).not.toThrow();
  });
});
