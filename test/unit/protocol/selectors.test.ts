import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { limits } from '../../../protocol/limits.ts';
import { selectorKeys, Selectors } from '../../../protocol/selectors.ts';

const stream = {
  streamId: '123456789012345678',
  media: { label: 'camera', attributes: { group: '23', kind: 'professor', seat: { row: 1 } } },
};

describe('selectors', () => {
  it.each([
    [{ '/id': '123456789012345678' }, true],
    [{ '/id': '1' }, false],
    [{ '/id': { toString: 1 } }, false],
    [{ '/label': 'camera' }, true],
    [{ '/label': 'CAMERA' }, false],
    [{ '/attributes/group': '23' }, true],
    [{ '/attributes/group': 23 }, false],
    [{ '/attributes/seat': { row: 1 } }, true],
    [{ '/attributes/group': '24', '/attributes/kind': 'professor' }, true],
    [{ '/attributes/group': '24', '/attributes/kind': 'student' }, false],
    [{ '/attributes/nobody': undefined }, false],
    [{ '/attributes/toString': undefined }, false],
    [{ '/attributes': 'group', group: '23', '/other': true }, false],
    [{ '/label camera': 1, '/attributes/group "23"': '' }, false],
    [{}, false],
  ])('%j fit: %s', (selectors, fits) => {
    const keys = new Set(selectorKeys(stream));
    expect(v.parse(Selectors, selectors).some((key) => keys.has(key))).toBe(fits);
  });

  it('may be left out, and are not endless', () => {
    expect(v.parse(Selectors, undefined)).toEqual([]);
    expect(v.parse(Selectors, null)).toEqual([]);
    expect(v.safeParse(Selectors, { '/label': 'x'.repeat(20_000) }).success).toBe(false);
    expect(v.safeParse(Selectors, 'all').success).toBe(false);
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`/attributes/${at}`, 1]));
    expect(v.parse(Selectors, many(limits.selectors))).toHaveLength(32);
    expect(v.safeParse(Selectors, many(limits.selectors + 1)).issues?.[0].message).toBe(
      'more than 32 selectors',
    );
  });
});
