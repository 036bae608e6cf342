import { describe, expect, it } from 'vitest';
import { PlayedSource } from '../../../nodes/erizo/played-source.ts';
import type { Source, SourceEnd, SourceUser } from '../../../nodes/erizo/source.ts';
import { sourceEndError, Users } from '../../../nodes/erizo/source.ts';
import { everything } from '../../../nodes/erizo/stream-need.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A source, and who uses it. */
function source() {
  const users = new Users(() => undefined);
  const made: Source = {
    ...{ streamId: '1', roomId: 'room', wan: true, producers: [] },
    tracks: Promise.resolve([]),
    use: (user: SourceUser, need) => users.add(user, need),
  };
  const movedTo = (to: Source) => ({ to, way: { route: [], grant: '' }, shows: true });
  const prepareFor = (to: Source): void => users.prepareMove(movedTo(to));
  const moveTo = (to: Source): void => users.move(movedTo(to));
  const end = (why: SourceEnd): void => users.end(why, sourceEndError(why));
  return { made, users, prepareFor, moveTo, end };
}

function begin() {
  const clock = new VirtualClock();
  const moves: { to: Source; done: PromiseWithResolvers<void>; finished: boolean }[] = [];
  const ends: SourceEnd[] = [];
  const played = new PlayedSource(
    { clock },
    {
      need: everything,
      move: ({ to }) => {
        const move = { to, done: Promise.withResolvers<void>(), finished: false };
        moves.push(move);
        return {
          over: move.done.promise,
          finish: () => {
            move.finished = true;
          },
          cancel: () => move.done.reject(new Error('cancelled')),
        };
      },
      onEnded: (why) => ends.push(why),
    },
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { clock, played, moves, ends, settled };
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

  it('is used beside the next one that is only tried, and alone again where that is given up', async () => {
    const { played, moves, ends, settled } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    played.ready();
    one.prepareFor(other.made);
    expect([one.users.size, other.users.size]).toEqual([1, 1]);
    other.end('ended');
    await settled();
    expect([one.users.size, other.users.size]).toEqual([1, 0]);
    expect({ moves: moves.length, ends }).toEqual({ moves: 1, ends: [] });
  });

  it('is left once, though it is told twice that the next one comes', async () => {
    const { played, moves, settled } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    played.ready();
    one.prepareFor(other.made);
    one.moveTo(other.made);
    moves[0]?.done.resolve();
    await settled();
    one.moveTo(other.made);
    expect(moves.length).toBe(1);
    expect([one.users.size, other.users.size]).toEqual([0, 1]);
  });

  it('is left without a picture of the next one only when the others have had one for a while, or it broke', async () => {
    const { clock, played, moves } = begin();
    const [one, other] = [source(), source()];
    played.begin(one.made);
    played.ready();
    one.prepareFor(other.made);
    clock.advance(60_000);
    expect(moves[0]?.finished).toBe(false);
    one.moveTo(other.made);
    expect(moves[0]?.finished).toBe(false);
    clock.advance(3_000);
    expect(moves[0]?.finished).toBe(true);

    const second = begin();
    const [third, fourth] = [source(), source()];
    second.played.begin(third.made);
    second.played.ready();
    third.moveTo(fourth.made);
    third.end('upstream');
    expect(second.moves[0]?.finished).toBe(true);
  });
});
