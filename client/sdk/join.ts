import type { SoundWish } from '../../protocol/contracts/client.ts';
import type { JoinController } from '../../protocol/contracts/rest.ts';
import { JoinAnswer } from '../../protocol/contracts/rest.ts';
import { decodeToken } from '../../protocol/token.ts';
import { Channel } from './channel.ts';
import type { OpenSocket } from './controller-socket.ts';
import { defaults } from './defaults.ts';
import type { EdgeComponents } from './edge-api.ts';
import { askEdge } from './edge-api.ts';
import { JoinError, toJoinError } from './errors.ts';
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
}

export type JoinComponents = EdgeComponents &
  Omit<RoomComponents, 'channel'> & { readonly openSocket: OpenSocket };

/** One connection for all that a client publishes, one for all it subscribes to. */
const plan = 'dual';

/**
 * Joins the room of the token at the first controller that takes us, best first. Throws a
 * `JoinError`; where no controller takes us, the error of the last one that said why.
 */
export async function joinWith(
  components: JoinComponents,
  request: JoinRequest,
  options: JoinOptions,
): Promise<Room> {
  const controllers = await place(components, request);
  let refusal: JoinError | undefined;
  for (const controller of controllers) {
    try {
      return await enter(components, controller, options);
    } catch (thrown) {
      const error = toJoinError(thrown);
      // Silence says less than words do.
      refusal = refusal !== undefined && error.code === 'timeout' ? refusal : error;
    }
  }
  throw refusal ?? new JoinError('unavailable', 'there is no controller to join at');
}

async function place(components: JoinComponents, request: JoinRequest): Promise<JoinController[]> {
  try {
    const { edge } = decodeToken(request.token);
    const base = (request.edge ?? edge).replace(/\/+$/, '');
    const body = { token: request.token };
    const asked = { url: `${base}/join`, body, what: 'the join' };
    return (await askEdge(components, asked, JoinAnswer)).controllers;
  } catch (error) {
    throw toJoinError(error);
  }
}

async function enter(
  components: JoinComponents,
  controller: JoinController,
  options: JoinOptions,
): Promise<Room> {
  const { host, secure, region, ticket } = controller;
  const url = `${secure ? 'wss' : 'ws'}://${host}`;
  const { sound, ...publishing } = options;
  const wishes = { plan, ...(sound === undefined ? {} : { sound }) };
  const socket = components.openSocket(url, { ticket, ...wishes }, defaults);
  const channel = new Channel({ clock: components.clock, socket }, { reconnectionQuery: { plan } });
  const connected = await channel.open();
  const { clock, newConnection, newStream } = components;
  return Room.create(
    { clock, channel, newConnection, newStream },
    { connected, controller: { host, region }, ...publishing },
  );
}
