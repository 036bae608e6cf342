import { systemClock } from '../../protocol/clock.ts';
import { openSocketIo } from './controller-socket.ts';
import type { JoinOptions, JoinRequest } from './join.ts';
import { joinWith } from './join.ts';
import { followPage } from './page-life.ts';
import type { Room } from './room.ts';

/**
 * Joins a room of Rizoma from a browser.
 *
 * @param request the token that the app's server got for this participant.
 * @param options how to publish.
 * @returns the room, with the streams that are in it; it is left when the page goes, and says so (`disconnected`) where that
 *   comes back.
 * @throws JoinError with a code and words.
 */
export async function join(request: JoinRequest, options: JoinOptions = {}): Promise<Room> {
  const room = await joinWith(
    {
      clock: systemClock,
      fetch: globalThis.fetch.bind(globalThis),
      openSocket: openSocketIo,
      newConnection: (configuration) => new RTCPeerConnection(configuration),
      random: () => Math.random(),
      newStream: (tracks) => new MediaStream(tracks),
    },
    request,
    options,
  );
  followPage(globalThis, room);
  return room;
}

export { JoinError } from './errors.ts';
export { LocalStream, RemoteStream } from './streams.ts';
export { Room } from './room.ts';
export { RizomaError } from '../../protocol/errors.ts';
export type { ErrorCode } from '../../protocol/errors.ts';
export type { LayerCount } from './encodings.ts';
export type { JoinOptions, JoinRequest } from './join.ts';
export type { RoomEvents } from './room-events.ts';
export type { Adaptation, AdaptationScheme, BandwidthAlert } from '../../protocol/adaptation.ts';
export type { PublishOptions } from './publication.ts';
export type { Recording } from './recordings.ts';
export type { QualityLevel } from './quality.ts';
export type { AudioStats, StreamStats, VideoStats } from './stats.ts';
export type { LocalStreamEvents, Playback, RemoteStreamEvents } from './streams.ts';
