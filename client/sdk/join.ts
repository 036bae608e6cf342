import type { SoundWish } from '../../protocol/contracts/client.ts';
import type { StrategyId } from '../../protocol/priorities.ts';
import { decodeToken } from '../../protocol/token.ts';
import type { EntranceComponents } from './entrance.ts';
import { Entrance } from './entrance.ts';
import { toJoinError } from './errors.ts';
import type { RoomComponents, RoomOptions } from './room.ts';
import { Room } from './room.ts';

export interface JoinRequest {
  /** As the app's server got it from the edge. */
  token: string;
  /** Where to join, if not at the edge that the token names. */
  edge?: string;
}

export interface JoinOptions extends Pick<RoomOptions, 'maxVideoBitrate_bps'> {
  /** To be told who speaks (`active-speaker`), or that and how loud the streams are (`audio-levels`). */
  sound?: SoundWish;
  /** How the videos that we play share a connection that carries too little: `speaker` prefers who speaks. */
  strategy?: StrategyId;
  /** Of how many of those who spoke last the video is wanted (`Room.setLastN`); of all, unless it is said. */
  lastN?: number;
}

export type JoinComponents = EntranceComponents & Omit<RoomComponents, 'entrance'>;

/**
 * Joins the room of the token at the first controller that takes us, best first. Throws a
 * `JoinError`; where no controller takes us, the error of the last one that said why.
 */
export async function joinWith(
  components: JoinComponents,
  request: JoinRequest,
  options: JoinOptions,
): Promise<Room> {
  try {
    const { token } = request;
    const { sound, strategy, lastN, ...publishing } = options;
    const { edge } = decodeToken(token);
    const wishes = { edge: request.edge ?? edge, token, sound, strategy };
    const entrance = new Entrance(components, wishes);
    const room = Room.create({ ...components, entrance }, await entrance.first(), publishing);
    if (lastN !== undefined) {
      room.setLastN(lastN);
    }
    return room;
  } catch (thrown) {
    throw toJoinError(thrown);
  }
}
