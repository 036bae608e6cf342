import { describe, expect, it } from 'vitest';
import { createLog } from '../../../edge/log.ts';
import type { RoomPicture } from '../../../edge/objects/api.ts';
import { outcomeOf } from '../../../edge/objects/outcome.ts';
import { RoomPictures } from '../../../edge/objects/room-pictures.ts';
import { noLeavings } from '../../../edge/room/leavings.ts';
import { noRemovals } from '../../../edge/room/removals.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { limits } from '../../../protocol/limits.ts';

const log = createLog({});
type Told = () => RoomPicture;
const picture = (epoch: number): Told => {
  return () => ({
    ...{ epoch, holders: [], pin: {}, removals: noRemovals, leavings: noLeavings },
    isFull: false,
  });
};
const failure = (code: 'not_found' | 'overloaded'): Told => {
  return () => {
    throw new RizomaError(code, code);
  };
};

function pictures(first: Told) {
  const world = { asked: 0, now_ms: 0, told: first };
  const room = () => ({
    picture: () => {
      world.asked += 1;
      return outcomeOf(log, world.told);
    },
  });
  const clock = { now: () => world.now_ms, after: () => () => undefined };
  return { world, pictures: new RoomPictures({ room, clock }, { most_bytes: 16 * 1024 }) };
}

describe('the picture of a room', () => {
  it('is asked for once in a while', async () => {
    const { world, pictures: kept } = pictures(picture(1));
    const many = Array.from({ length: 50 }, () => kept.of('a', { epoch: 1 }));
    await Promise.all(many);
    world.now_ms = limits.roomPicture_ms - 1;
    await kept.of('a', { epoch: 1 });
    expect(world.asked).toBe(1);
    world.now_ms = limits.roomPicture_ms;
    await kept.of('a', { epoch: 1 });
    expect(world.asked).toBe(2);
  });

  it('is asked for at once by who knows of a later epoch', async () => {
    const { world, pictures: kept } = pictures(picture(1));
    await kept.of('a', { epoch: 1 });
    world.told = picture(2);
    expect((await kept.of('a', { epoch: 2 })).epoch).toBe(2);
    expect((await kept.of('a', { epoch: 1 })).epoch).toBe(2);
    expect(world.asked).toBe(2);
  });

  it('of a room that is gone is kept, and of one that did not answer is not', async () => {
    const { world, pictures: kept } = pictures(failure('not_found'));
    for (const _ of [1, 2]) {
      await expect(kept.of('gone', { epoch: 1 })).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(world.asked).toBe(1);
    world.told = failure('overloaded');
    for (const _ of [1, 2]) {
      await expect(kept.of('busy', { epoch: 1 })).rejects.toMatchObject({ code: 'overloaded' });
    }
    expect(world.asked).toBe(3);
  });

  it('is kept of so many rooms as fit, by what they say, the eldest goes first', async () => {
    const { world, pictures: kept } = pictures(picture(1));
    const of = async (...rooms: string[]): Promise<number> => {
      const before = world.asked;
      for (const room of rooms) {
        await kept.of(room, { epoch: 1 });
      }
      return world.asked - before;
    };
    expect(await of('a', 'b', 'c', 'a', 'b', 'c')).toBe(3);
    world.told = () => ({ ...picture(1)(), holders: ['n'.repeat(12 * 1024)] });
    expect(await of('large', 'large')).toBe(1);
    world.told = picture(1);
    expect(await of('c', 'large')).toBe(0);
    expect(await of('a')).toBe(1);
    expect(await of('large')).toBe(0);
    // It would fit with no other, so it is not kept.
    world.told = () => ({ ...picture(1)(), holders: ['n'.repeat(16 * 1024)] });
    expect(await of('huge', 'huge')).toBe(2);
    expect(await of('large')).toBe(0);
  });
});
