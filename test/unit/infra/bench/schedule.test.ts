import { describe, expect, it } from 'vitest';
import { describeRun, planRuns } from '../../../../infra/bench/schedule.ts';

const plan = planRuns(['rpc', 'join'], 2);

describe('the runs of a comparison', () => {
  it('alternate between baseline and candidate, with three runs a pair', () => {
    expect(plan.map(({ bench, pair, turn }) => `${bench} ${pair} ${turn}`)).toEqual([
      ...['rpc 1 before', 'rpc 1 candidate', 'rpc 1 after'],
      ...['rpc 2 before', 'rpc 2 candidate', 'rpc 2 after'],
      ...['join 1 before', 'join 1 candidate', 'join 1 after'],
      ...['join 2 before', 'join 2 candidate', 'join 2 after'],
    ]);
  });

  it.each([
    { took_s: [], line: '[1/12] rpc, pair 1 of 2: baseline' },
    { took_s: [10], line: '[2/12] rpc, pair 1 of 2: candidate; more than 0:50 left' },
    { took_s: [10, 20, 30], line: '[4/12] rpc, pair 2 of 2: baseline; more than 1:00 left' },
    { took_s: [1, 1, 1, 1, 1, 1], line: '[7/12] join, pair 1 of 2: baseline' },
    {
      took_s: [1, 1, 1, 1, 1, 1, 60],
      line: '[8/12] join, pair 1 of 2: candidate; about 5:00 left',
    },
  ])('are shown one by one with the time that is left: $line', ({ took_s, line }) => {
    const took_ms = took_s.map((time_s) => time_s * 1000);
    expect(describeRun(plan, took_ms)).toBe(line);
  });
});
