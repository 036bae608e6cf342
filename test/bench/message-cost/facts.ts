import { directoryStep, emptyDirectoryState } from '../../../edge/room/directory.ts';
import { happeningsBetween } from '../../../edge/room/happenings.ts';
import type { DirectoryState } from '../../../edge/room/directory.ts';
import type { Attendance, ParticipantsState, Told } from '../../../edge/room/participants.ts';
import type { RoomFacts } from '../../../protocol/directory.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Message } from './message.ts';
import { noAttributes, repeat, streamIdOf, uuidOf } from './message.ts';

/** Of the controller that tells: as many as one client may publish. */
const own = limits.streamsPerClient;

/** A stream of one controller has other attributes: all facts of that controller come to the Room object. */
export const facts: Message = {
  name: 'facts',
  what: `facts of ${own} streams in a room of ${limits.streamsPerRoom}, at ${limits.controllersPerRoom} controllers`,
  prepare(share) {
    const controllers = limits.controllersPerRoom * share;
    const others = limits.streamsPerRoom * share - own;
    let state: DirectoryState = emptyDirectoryState;
    const enter = (nodeId: string, said: RoomFacts): void => {
      const holder = { nodeId, lease: 1, region: 'eu-west', facts: said };
      state = directoryStep(state, { type: 'enter', holder }).state;
    };
    for (let at = 0; at < controllers - 1; at += 1) {
      const each = Math.ceil(others / (controllers - 1));
      enter(`node-${at}`, factsOf(at * each, Math.min(each, Math.max(0, others - at * each)), 0));
    }
    let time = 0;
    enter('speaker', factsOf(100_000, own, time));
    return () => {
      time += 1;
      const said = { nodeId: 'speaker', lease: 1, facts: factsOf(100_000, own, time) };
      state = directoryStep(state, { type: 'facts', ...said }).state;
    };
  },
};

/** Streams of data with 400 bytes each of what is said of them: a thousand of them fit a room. */
function factsOf(first: number, count: number, time: number): RoomFacts {
  const streams = repeat(count, (index) => {
    const attributes = { time: index === 0 ? time : 0, text: 'x'.repeat(200) };
    const media = { ...noAttributes, attributes };
    const who = { clientId: uuidOf(first + index), userName: 'ann' };
    return { streamId: streamIdOf(first + index), ...who, media };
  });
  return { erizos: [], streams };
}

/** Somebody came: what apps are told of it, and of the streams that count from now on. */
export const presence: Message = {
  name: 'presence',
  what: `who came to a room of ${limits.streamsPerRoom} streams, at ${limits.controllersPerRoom} controllers`,
  prepare(share) {
    const streams = repeat(limits.streamsPerRoom * share, (index) => ({
      ...{ streamId: streamIdOf(index), clientId: uuidOf(index), userName: 'ann', since: 1 },
      ...{ media: noAttributes, nodeId: 'node-1', region: 'eu-west' },
    }));
    const participants: ParticipantsState = new Map(
      repeat(limits.controllersPerRoom * share, (index): [string, Attendance] => {
        const users = new Map<string, Told>();
        return [`node-${index}`, { lease: 1, region: 'eu-west', number: 1, users }];
      }),
    );
    const came = { clientId: uuidOf(1), name: 'ann', role: 'presenter', region: 'eu-west' };
    const scene = { participants, streams };
    return () => {
      happeningsBetween(scene, scene, { joined: [came], left: [] });
    };
  },
};
