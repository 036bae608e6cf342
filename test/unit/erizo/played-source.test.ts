import { describe, expect, it } from 'vitest';
import { PlayedSource } from '../../../nodes/erizo/played-source.ts';
import type { Moved, Source, SourceEnd, SourceUser } from '../../../nodes/erizo/source.ts';
import { sourceEndError, Users } from '../../../nodes/erizo/source.ts';
import { everything } from '../../../nodes/erizo/stream-need.ts';

/** A source, and who uses it. */
function source() {
  const users = new Users(() => undefined);
  const made: Source = {
    ...{ streamId: '1', roomId: 'room', wan: true, producers: [] },
    tracks: Promise.resolve([]),
    use: (user: SourceUser, need) => users.add(user, need),
  };
  const moveTo = (to: Source): void =>
    users.move({ to, way: { route: [], grant: '' }, overlap: false });
  const end = (why: SourceEnd): void => users.end(why, sourceEndError(why));
  return { made, users, moveTo, end };
}

function begin() {
  const moves: { to: Source; done: PromiseWithResolvers<void> }[] = [];
  const ends: SourceEnd[] = [];
  const played = new PlayedSource({
    need: everything,
    move: ({ to }: Moved) => {
      const done = Promise.withResolvers<void>();
      moves.push({ to, done });
      return done.promise;
    },
    onEnded: (why) => ends.push(why),
  });
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { played, moves, ends, settled };
}

describe('the source that a subscriber plays', () => {
  it('is used until the next one plays, and that from then on', async () => {
    const { played, moves, settled } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    played.setActive(true);
    played.ready();
    one.moveTo(other.made);
    expect([one.users.size, other.users.size]).toEqual([1, 1]);
    expect(other.users.anyActive).toBe(true);
    moves[0]?.done.resolve();
    await settled();
    expect([one.users.size, other.users.size]).toEqual([0, 1]);
  });

  it('is kept where the next one cannot be played', async () => {
    const { played, moves, ends, settled } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    played.ready();
    one.moveTo(other.made);
    moves[0]?.done.reject(new Error('refused'));
    await settled();
    expect([one.users.size, other.users.size]).toEqual([1, 0]);
    expect(ends).toEqual([]);
  });

  it('is not left before it plays, and the way that is the last one then is taken', async () => {
    const { played, moves, settled } = begin();
    const [one, other, third] = [source(), source(), source()];
    played.begin(one.made);
    one.moveTo(other.made);
    expect(moves).toEqual([]);
    played.ready();
    other.moveTo(third.made);
    moves[0]?.done.resolve();
    await settled();
    expect(moves.map(({ to }) => to)).toEqual([other.made, third.made]);
    moves[1]?.done.resolve();
    await settled();
    expect([one, other, third].map(({ users }) => users.size)).toEqual([0, 0, 1]);
  });

  it('that breaks is not missed where the next one plays, and ends the subscription where that does not', async () => {
    for (const [plays, expected] of [
      [true, []],
      [false, ['upstream']],
    ] as const) {
      const { played, moves, ends, settled } = begin();
      const [one, other] = [source(), source()];
      played.begin(one.made);
      played.ready();
      one.moveTo(other.made);
      one.end('upstream');
      expect(ends).toEqual([]);
      if (plays) {
        moves[0]?.done.resolve();
      } else {
        moves[0]?.done.reject(new Error('refused'));
      }
      await settled();
      expect(ends).toEqual(expected);
    }
  });

  it('that breaks before it played ends the subscription', () => {
    const { played, ends } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    one.moveTo(other.made);
    one.end('upstream');
    expect(ends).toEqual(['upstream']);
  });
});
