import { describe, expect, it } from 'vitest';
import { formatProgress } from '../../../../infra/testing/progress.ts';

const state = { files: 30, done: 10, failed: 0, running: [], elapsed_ms: 60_000 };

describe('the progress of a test run', () => {
  it('says how far it is, and what is left at the same pace', () => {
    expect(formatProgress(state)).toBe('10/30 files, 1:00, about 2:00 left');
  });

  it('names what runs and counts what failed', () => {
    expect(formatProgress({ ...state, failed: 2, running: ['a.test.ts', 'b.test.ts'] })).toBe(
      '10/30 files, 2 failed, 1:00, about 2:00 left; running: a.test.ts, b.test.ts',
    );
  });

  it('guesses nothing before the first file ended, nor at the end', () => {
    expect(formatProgress({ ...state, done: 0, elapsed_ms: 4_400 })).toBe('0/30 files, 0:04');
    expect(formatProgress({ ...state, done: 30 })).toBe('30/30 files, 1:00');
  });
});
