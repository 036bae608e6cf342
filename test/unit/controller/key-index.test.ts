import { describe, expect, it } from 'vitest';
import { KeyIndex } from '../../../nodes/controller/key-index.ts';

describe('an index by keys', () => {
  it('finds what has one of some keys, once, and not by keys that it has no more', () => {
    const index = new KeyIndex<string>();
    index.set('a', ['red', 'round']);
    index.set('b', ['red']);
    index.add('b', 'square');
    expect([...index.withAny(['red', 'square'])]).toEqual(['a', 'b']);
    index.set('a', ['green']);
    index.delete('b', 'square');
    expect([...index.withAny(['round', 'square'])]).toEqual([]);
    expect([...index.withAny(['red', 'green'])]).toEqual(['b', 'a']);
    index.remove('b');
    expect([...index.withAny(['red'])]).toEqual([]);
    expect([...index.keysOf('a')]).toEqual(['green']);
    expect(index.keysOf('b').size).toBe(0);
  });
});
