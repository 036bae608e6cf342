import { describe, expect, it } from 'vitest';
import type { TabStore } from '../../../client/page/rejoin.ts';
import { rememberRejoin, takeRejoin, wishOfForm } from '../../../client/page/rejoin.ts';
import { readWish } from '../../../client/page/wish.ts';

const wish = { room: 'team', name: 'ann', region: 'eu-west', videos: 4 };

function newStore(): TabStore {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

describe('a page that is opened', () => {
  it('joins at once after Rejoin, and waits for Join when it is opened again', () => {
    const store = newStore();
    rememberRejoin(store, wish);
    expect(takeRejoin(store, wish)).toBe(true);
    expect(takeRejoin(store, wish)).toBe(false);
  });

  it('waits for Join where nobody pressed Rejoin, whatever its address says', () => {
    const linked = readWish('?room=team&name=ann&rejoin=true&rizoma.rejoin=1', () => 0);
    expect(takeRejoin(newStore(), linked)).toBe(false);
  });

  it('for another room, name or region than that of Rejoin waits for Join, and so does the next', () => {
    for (const change of [{ room: 'other' }, { name: 'ben' }, { region: undefined }]) {
      const store = newStore();
      rememberRejoin(store, wish);
      expect(takeRejoin(store, { ...wish, ...change })).toBe(false);
      expect(takeRejoin(store, wish)).toBe(false);
    }
  });

  it('joins at once in the region that was chosen with Rejoin', () => {
    const store = newStore();
    const fields = new FormData();
    for (const [name, value] of Object.entries({ ...wish, region: 'us-east', videos: '4' })) {
      fields.append(name, value);
    }
    rememberRejoin(store, wishOfForm(fields));
    expect(takeRejoin(store, { ...wish, region: 'us-east' })).toBe(true);
  });

  it('waits for Join where the browser keeps nothing for a tab', () => {
    rememberRejoin(undefined, wish);
    expect(takeRejoin(undefined, wish)).toBe(false);
    const full = newStore();
    full.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    expect(() => rememberRejoin(full, wish)).not.toThrow();
  });
});
