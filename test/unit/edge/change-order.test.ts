import { describe, expect, it } from 'vitest';
import { ChangeOrder } from '../../../edge/objects/change-order.ts';
import type { DirectoryChange } from '../../../protocol/directory.ts';

const none = { put: [], removed: [] };
const change = (from: number): DirectoryChange => ({
  from,
  version: from + 1,
  erizos: none,
  streams: none,
});
const versions = (changes: DirectoryChange[]): number[] => changes.map(({ version }) => version);

describe('changes of a room', () => {
  it('are sent at once while no call is under way', () => {
    const order = new ChangeOrder();
    expect(order.holds('room', change(0))).toBe(false);
    order.begin('other room');
    expect(order.holds('room', change(1))).toBe(false);
  });

  it('go before an answer that builds on them and after one that they build on', () => {
    const order = new ChangeOrder();
    order.begin('room');
    for (const from of [3, 1, 0]) {
      expect(order.holds('room', change(from))).toBe(true);
    }
    expect(versions(order.before('room', 2))).toEqual([1, 2]);
    expect(versions(order.end('room', 3))).toEqual([4]);
    expect(order.holds('room', change(4))).toBe(false);
  });

  it('that build on an answer yet to come wait for it', () => {
    const order = new ChangeOrder();
    order.begin('room');
    order.begin('room');
    for (const from of [1, 3]) {
      order.holds('room', change(from));
    }
    expect(versions(order.end('room', 1))).toEqual([2]);
    expect(versions(order.before('room', 2))).toEqual([]);
    expect(versions(order.end('room', 3))).toEqual([4]);
  });

  it('are let go when the call fails', () => {
    const order = new ChangeOrder();
    order.begin('room');
    order.holds('room', change(0));
    expect(versions(order.end('room', undefined))).toEqual([1]);
  });
});
