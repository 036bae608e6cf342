import { describe, expect, it } from 'vitest';
import type { RoomChange } from '../../../edge/room/settings.ts';
import { changeRoom } from '../../../edge/room/settings.ts';
import { limits } from '../../../protocol/limits.ts';

const room = {
  name: 'a room',
  _id: '0123456789abcdef01234567',
  p2p: true,
  data: { a: 1, b: 2 },
  mediaConfiguration: 'VP8',
};
const nothing = {
  name: undefined,
  p2p: undefined,
  data: undefined,
  mediaConfiguration: undefined,
  regions: undefined,
  jurisdiction: undefined,
};
const put = (change: Partial<RoomChange>): unknown =>
  changeRoom(room, { ...nothing, ...change, how: 'put' });
const patch = (change: Partial<RoomChange>): unknown =>
  changeRoom(room, { ...nothing, ...change, how: 'patch' });

describe('a change of a room', () => {
  it('leaves what it does not name', () => {
    expect(put({})).toEqual(room);
    expect(patch({})).toEqual(room);
    expect(put({ name: 'b', mediaConfiguration: 'H264' })).toEqual({
      ...room,
      name: 'b',
      mediaConfiguration: 'H264',
    });
  });

  it('replaces the data of a PUT and merges that of a PATCH', () => {
    expect(put({ data: { b: 3 } })).toEqual({ ...room, data: { b: 3 } });
    expect(patch({ data: { b: 3 } })).toEqual({ ...room, data: { a: 1, b: 3 } });
    const empty = { name: 'x', _id: room._id };
    expect(changeRoom(empty, { ...nothing, how: 'patch', data: { c: 1 } })).toEqual({
      ...empty,
      data: { c: 1 },
    });
  });

  it('takes p2p away when it is told to', () => {
    expect(patch({ p2p: false })).not.toHaveProperty('p2p');
  });

  it('replaces the regions of the pin as a whole, and takes them away when they are empty', () => {
    for (const change of [put, patch]) {
      expect(change({ regions: { deny: ['us-east'] } })).toEqual({
        ...room,
        regions: { deny: ['us-east'] },
      });
    }
    const pinned = { ...room, regions: { allow: ['eu-west'] } };
    expect(changeRoom(pinned, { ...nothing, how: 'patch' })).toEqual(pinned);
    expect(changeRoom(pinned, { ...nothing, how: 'patch', regions: {} })).toEqual(room);
  });

  it('refuses regions that leave none, and another jurisdiction', () => {
    const regions = { allow: ['eu-west'], deny: ['eu-west'] };
    expect(() => patch({ regions })).toThrow(expect.objectContaining({ code: 'pin_empty' }));
    const there = { ...room, jurisdiction: 'eu' } as const;
    const stay = { ...nothing, how: 'put', jurisdiction: 'eu' } as const;
    expect(changeRoom(there, stay)).toEqual(there);
    expect(() => put({ jurisdiction: 'eu' })).toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
  });

  it('does not let the data of a room grow without end', () => {
    const half = 'x'.repeat(limits.restBody_bytes / 2);
    const filled = changeRoom(room, { ...nothing, how: 'patch', data: { first: half } });
    expect(() => changeRoom(filled, { ...nothing, how: 'patch', data: { second: half } })).toThrow(
      expect.objectContaining({ code: 'too_large' }),
    );
  });
});
