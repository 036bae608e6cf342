import { describe, expect, it } from 'vitest';
import type { SpeakerChoice } from '../../../nodes/erizo/speaker-choice.ts';
import { dominates, forgotten, heard, nobodySpeaks } from '../../../nodes/erizo/speaker-choice.ts';

const after = (choice: SpeakerChoice, ...intervals: string[][]): SpeakerChoice =>
  intervals.reduce(heard, choice);

describe('who speaks', () => {
  it('is who the observer names, whoever else is heard, and while nobody is', () => {
    const both = [['ben', 'ann'], ['ben', 'ann'], ['ben', 'ann'], ['ben', 'ann'], []];
    expect(after(dominates('ann'), ...both).speaker).toBe('ann');
  });

  it('is who is heard alone when that one has been silent for a while, and stays so while heard', () => {
    const alone = after(dominates('ann'), ['ben'], ['ben']);
    expect(alone.speaker).toBe('ann');
    expect(after(alone, ['ben']).speaker).toBe('ben');
    expect(after(alone, ['ben'], ['cleo', 'ben'], ['cleo', 'ben']).speaker).toBe('ben');
    expect(after(alone, ['ben'], ['cleo']).speaker).toBe('cleo');
    expect(after(nobodySpeaks, ['ben'], ['ben'], ['ben']).speaker).toBe('ben');
  });

  it('is the one before again when that one is back', () => {
    const other = after(dominates('ann'), ['ben'], ['ben'], ['ben']);
    expect(after(other, ['ann', 'ben'], ['ann']).speaker).toBe('ben');
    expect(after(other, ['ann', 'ben'], ['ann'], ['ben', 'ann']).speaker).toBe('ann');
  });

  it('is nobody whose stream has gone', () => {
    expect(forgotten(dominates('ann'), 'ann').speaker).toBeUndefined();
    expect(forgotten(dominates('ann'), 'ben').speaker).toBe('ann');
  });
});
