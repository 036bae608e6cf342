import { describe, expect, it } from 'vitest';
import { hasDotSegments, whyNoSegment } from '../../../protocol/path-segment.ts';

/** What becomes of it in a path, where it is encoded as one segment. */
const carried = (text: string): string | undefined =>
  new URL(`http://x/a/${encodeURIComponent(text)}`).pathname.split('/')[2];

describe('a text that is to be one segment of a path', () => {
  it.each(['ann', 'a.b', '...', '.a', 'a..', ' ', '안나', 'a/b', 'x%2e', '%2', '😀', '..\u0000'])(
    'can be %j, which comes out as it went in',
    (text) => {
      expect(whyNoSegment(text)).toBeUndefined();
      expect(decodeURIComponent(carried(text) ?? '')).toBe(text);
    },
  );

  it.each(['.', '..', '%2e', '.%2E', '%2e%2E', 'a/..', '../tokens', 'a/./b', 'a\\..\\b', '.\t./x'])(
    'cannot be %j, which some client or parser makes another path of',
    (text) => expect(whyNoSegment(text)).toMatch(/a URL cannot carry/),
  );

  it('cannot be empty, or half of a character', () => {
    expect(whyNoSegment('')).toBe('is empty');
    expect(whyNoSegment('a\ud800')).toMatch(/lone surrogate/);
  });
});

describe('a path', () => {
  it('is told by its dots, encoded or not', () => {
    for (const path of ['/a/..', '/a/%2e%2E/b', '/a/./b', '/a\\..\\b', '..']) {
      expect(hasDotSegments(path)).toBe(true);
    }
    for (const path of ['/a/...', '/a..b', '/%252e', '/']) {
      expect(hasDotSegments(path)).toBe(false);
    }
  });
});
