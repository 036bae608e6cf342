import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { happeningsBetween } from '../../../edge/room/happenings.ts';
import type { ParticipantsEvent, ParticipantsState } from '../../../edge/room/participants.ts';
import { participantsStep } from '../../../edge/room/participants.ts';
import type { Presence, RoomUser } from '../../../protocol/contracts/node-edge.ts';
import { limits } from '../../../protocol/limits.ts';
import type { RoomStream } from '../../../protocol/directory.ts';

const idOf = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const user = (number: number): RoomUser => ({
  clientId: idOf(number),
  name: `user ${number}`,
  role: 'viewer',
});
const empty: ParticipantsState = new Map();

const told = (
  nodeId: string,
  presence: Partial<Presence> & { number: number },
  lease = 1,
): ParticipantsEvent => ({
  type: 'told',
  nodeId,
  lease,
  region: `region-of-${nodeId}`,
  presence: { came: [], went: [], ...presence },
});
const whole = (number: number): Presence['whole'] => ({ first: number, last: true });

function play(events: ParticipantsEvent[]): { state: ParticipantsState; said: string[] } {
  const said: string[] = [];
  let state = empty;
  for (const event of events) {
    const step = participantsStep(state, event);
    said.push(
      ...(step.answer === 'again' ? ['again'] : []),
      ...step.joined.map(({ name, region }) => `+${name} ${region}`),
      ...step.left.map(({ name, region }) => `-${name} ${region}`),
    );
    ({ state } = step);
  }
  return { state, said };
}

describe('participants of a room', () => {
  it('are listed up to as many as a room may have, and the rest of what their controller tells counts', () => {
    const many = Array.from({ length: limits.participantsPerRoom - 1 }, (_, n) => user(n));
    const { state } = participantsStep(
      empty,
      told('a', { number: 1, whole: whole(1), came: many }),
    );
    const came = [user(900_001), user(900_002), user(900_003)];
    const full = participantsStep(state, told('b', { number: 1, whole: whole(1), came }));
    expect(full.joined.map(({ name }) => name)).toEqual(['user 900001']);
    expect(full.surplus).toBe(2);
    const news = { number: 2, came: [user(900_004)], went: [idOf(900_001), idOf(900_002)] };
    const after = participantsStep(full.state, told('b', news));
    expect(after.joined.map(({ name }) => name)).toEqual(['user 900004']);
    expect(after.left.map(({ name }) => name)).toEqual(['user 900001']);
    expect([after.answer, after.surplus]).toEqual(['ok', 0]);
  });

  it('are named once to a controller that they have left for more than one', () => {
    const at = (ms: number): RoomUser => ({ ...user(1), enteredAt_ms: ms });
    const { state } = play([
      told('a', { number: 1, whole: whole(1), came: [at(20)] }),
      told('b', { number: 1, whole: whole(1), came: [at(30)] }),
    ]);
    const { moved } = participantsStep(
      state,
      told('c', { number: 1, whole: whole(1), came: [at(10)] }),
    );
    expect([...moved]).toEqual([['c', [{ clientId: idOf(1), enteredAt_ms: 30 }]]]);
  });

  it('join with the first controller that has them and leave with the last', () => {
    const { said } = play([
      told('a', { number: 1, whole: whole(1), came: [user(1)] }),
      told('b', { number: 1, whole: whole(1), came: [user(1)] }),
      told('a', { number: 2, went: [idOf(1)] }),
      { type: 'leave', nodeId: 'b', lease: 1 },
    ]);
    expect(said).toEqual(['+user 1 region-of-a', '-user 1 region-of-b']);
  });

  it('stay while a new lease of their node tells them anew, and go where it does not', () => {
    const { said } = play([
      told('a', { number: 7, whole: whole(7), came: [user(1), user(2)] }),
      told('a', { number: 1, whole: { first: 1, last: false }, came: [user(2)] }, 2),
      { type: 'lost', nodeId: 'a', lease: 1 },
      told('a', { number: 2, whole: whole(1), came: [user(3)] }, 2),
      told('a', { number: 8, came: [user(4)] }, 1),
    ]);
    expect(said).toEqual([
      '+user 1 region-of-a',
      '+user 2 region-of-a',
      '+user 3 region-of-a',
      '-user 1 region-of-a',
    ]);
  });

  it('are asked for where the whole was not told or a message is missing', () => {
    const { said, state } = play([
      told('a', { number: 1, came: [user(1)] }),
      told('a', { number: 2, whole: whole(2), came: [user(1)] }),
      told('a', { number: 4, came: [user(2)] }),
      told('a', { number: 3, whole: { first: 2, last: true } }),
    ]);
    expect(said).toEqual(['again', '+user 1 region-of-a', 'again']);
    expect(state.get('a')?.users.size).toBe(1);
  });

  it('are as if each message had come once and in order, whatever comes twice or late', () => {
    const message = fc.record({
      came: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
      went: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        (all, random) => {
          const messages = all.map(({ came, went }, index) =>
            told('a', {
              number: index + 1,
              came: came.map(user),
              went: went.map(idOf),
              ...(index === 0 ? { whole: whole(1) } : {}),
            }),
          );
          const disturbed = messages.flatMap((event, index) => {
            const late = messages[(random.next().value ?? 0) % (index + 1)];
            return [event, ...(late === undefined ? [] : [late]), event];
          });
          const ids = (events: ParticipantsEvent[]): string[] => [
            ...(play(events).state.get('a')?.users.keys() ?? []),
          ];
          expect(ids(disturbed).toSorted()).toEqual(ids(messages).toSorted());
        },
      ),
    );
  });
});

describe('what happens in a room', () => {
  const stream = (number: number, owner: number): RoomStream => ({
    streamId: `1${String(number).padStart(17, '0')}`,
    clientId: idOf(owner),
    erizoId: idOf(900),
    userName: `user ${owner}`,
    media: { audio: true, video: true, data: false, screen: false, label: 'x', attributes: {} },
    nodeId: 'a',
    region: 'eu-west',
    since: 1,
  });
  const withUsers = (...numbers: number[]): ParticipantsState =>
    play([told('a', { number: 1, whole: whole(1), came: numbers.map(user) })]).state;
  const people = (...numbers: number[]) => numbers.map((n) => ({ ...user(n), region: 'eu-west' }));

  it('begins with the first participant and ends with the last, streams in between', () => {
    const before = { participants: empty, streams: [stream(1, 1)] };
    const after = { participants: withUsers(1), streams: [stream(1, 1)] };
    const names = (moved: Parameters<typeof happeningsBetween>): string[] =>
      happeningsBetween(...moved).map(({ event }) => event);
    expect(names([before, after, { joined: people(1), left: [] }])).toEqual([
      'room_started',
      'participant_joined',
      'stream_published',
    ]);
    expect(names([after, before, { joined: [], left: people(1) }])).toEqual([
      'stream_unpublished',
      'participant_left',
      'room_finished',
    ]);
  });

  it('is no end where one comes as the last one goes, and no news where a stream moves', () => {
    const before = { participants: withUsers(1), streams: [stream(1, 1)] };
    const moved = { ...stream(1, 1), erizoId: idOf(901), since: 2 };
    expect(
      happeningsBetween(before, { ...before, streams: [moved] }, { joined: [], left: [] }),
    ).toEqual([]);
    const after = { participants: withUsers(2), streams: [] };
    const events = happeningsBetween(before, after, { joined: people(2), left: people(1) });
    expect(events.map(({ event }) => event)).toEqual([
      'participant_joined',
      'stream_unpublished',
      'participant_left',
    ]);
  });
});
