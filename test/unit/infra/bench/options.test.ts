import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchNames, chooseBenches } from '../../../../infra/bench/names.ts';
import { parseBenchOptions } from '../../../../infra/bench/options.ts';
import { rootDir } from '../../../../infra/paths.ts';

describe('the command line of npm run bench', () => {
  it('runs all benches unless some are named', () => {
    expect(parseBenchOptions([])).toEqual({
      ...{ names: benchNames, json: undefined, short: false, beside: undefined },
    });
  });

  it('compares five pairs of the named benches with a commit', () => {
    expect(parseBenchOptions(['rpc', 'edge', '--beside', 'HEAD~2', '--json', 'out.json'])).toEqual({
      names: ['edge', 'rpc'],
      json: 'out.json',
      short: false,
      beside: { revision: 'HEAD~2', pairs: 5 },
    });
  });

  it('runs fewer rounds where a bench is tried out', () => {
    expect(parseBenchOptions(['floods', '--short'])).toMatchObject({ short: true });
  });

  it('takes fewer pairs where that is asked for', () => {
    expect(parseBenchOptions(['--beside', 'main', '--pairs', '1'])).toMatchObject({
      beside: { pairs: 1 },
    });
  });

  it.each([['--help'], ['-h', 'rpc']])('shows its usage for %s', (...args) => {
    expect(parseBenchOptions(args)).toBe('help');
  });

  it.each([
    { args: ['rcp'], words: /no bench "rcp". Benches: crowd, edge/ },
    { args: ['rpc', 'rcp'], words: /no bench "rcp"/ },
    { args: ['--besides', 'main'], words: /--besides[^]*Usage: npm run bench/ },
    { args: ['--beside'], words: /--beside[^]*Usage: npm run bench/ },
    { args: ['--short', '--beside', 'main'], words: /--short goes without --beside COMMIT\nUsage/ },
    { args: ['--pairs', '5'], words: /--pairs needs --beside COMMIT\nUsage/ },
    { args: ['--beside', 'main', '--pairs', '0'], words: /--pairs 0 is not a whole number from 1/ },
    { args: ['--beside', 'main', '--pairs', '2.5'], words: /--pairs 2.5 is not a whole number/ },
    { args: ['--beside', 'main', '--pairs', 'many'], words: /--pairs many is not/ },
  ])('refuses $args in words', ({ args, words }) => {
    expect(() => parseBenchOptions(args)).toThrow(words);
  });
});

describe('a bench', () => {
  it('runs once however often it is named', () => {
    expect(chooseBenches(['wan', 'edge', 'wan'])).toEqual(['edge', 'wan']);
  });

  it.each(benchNames)('stands in a file of its name: %s', (name) => {
    expect(existsSync(join(rootDir, 'test', 'bench', `${name}.ts`))).toBe(true);
  });
});
