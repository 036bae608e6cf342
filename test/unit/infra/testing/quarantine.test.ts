import { describe, expect, it } from 'vitest';
import { quarantineFaults, unknownTests } from '../../../../infra/testing/quarantine.ts';

const test = { name: 'nodes: a.test.ts: moves', reason: 'loses a race', since: '2026-03-01' };
const inTime = { ...test, until: '2026-03-31' };

describe('the quarantine', () => {
  it('takes a test for 30 days', () => {
    expect(quarantineFaults([inTime], '2026-03-01')).toEqual([]);
    expect(quarantineFaults([inTime], '2026-03-31')).toEqual([]);
  });

  it('fails the run from the day after its end', () => {
    expect(quarantineFaults([inTime], '2026-04-01')).toEqual([
      'The quarantine of "nodes: a.test.ts: moves" ended on 2026-03-31: mend it.',
    ]);
  });

  it.each(['2026-04-01', '2026-03-01', '2026-02-01', 'some day'])(
    'refuses an end of %s for a test that came on 2026-03-01',
    (until) => {
      expect(quarantineFaults([{ ...test, until }], '2026-03-01')).toEqual([
        'The quarantine of "nodes: a.test.ts: moves" has to end within 30 days of its beginning.',
      ]);
    },
  );

  it('holds three tests at most', () => {
    const four = ['a', 'b', 'c', 'd'].map((name) => ({ ...inTime, name }));
    expect(quarantineFaults(four.slice(1), '2026-03-02')).toEqual([]);
    expect(quarantineFaults(four, '2026-03-02')).toEqual([
      '4 tests are quarantined; at most 3 may be.',
    ]);
  });

  it('names no test that its file has no more', () => {
    const files = new Set(['nodes: a.test.ts']);
    expect(unknownTests([inTime], { files, tests: new Set([test.name]) })).toEqual([]);
    expect(unknownTests([inTime], { files, tests: new Set() })).toEqual([test.name]);
    // A run of other files says nothing of it.
    expect(unknownTests([inTime], { files: new Set(), tests: new Set() })).toEqual([]);
  });
});
