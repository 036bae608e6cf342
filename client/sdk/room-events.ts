import type { QualityLevel } from './quality.ts';
import type { RoomMessage } from './listen.ts';
import { assertNever } from '../../protocol/assert-never.ts';
import type { RizomaError } from '../../protocol/errors.ts';
import type { Recording } from './recordings.ts';
import type { LocalStream, RemoteStream } from './streams.ts';

export interface RoomEvents {
  'stream-added': RemoteStream;
  'stream-removed': RemoteStream;
  /** It was tried again in vain, and is given up. */
  'stream-failed': { stream: RemoteStream | LocalStream; error: RizomaError };
  /** Another stream, maybe one of ours, is the one that speaks; told to those who joined for it. */
  'active-speaker': { streamId: string };
  /** How loud the loudest streams are, in dBov (0 is the loudest); at most twice a second. */
  'audio-levels': { levels: readonly { streamId: string; level_dBov: number }[] };
  /** Of the streams that we play, those whose video comes from now on; told after `setLastN`. */
  'last-n': { streamIds: readonly string[] };
  /** A stream of the room, maybe one of ours, is being recorded; `Room.recordings` has those that were begun before. */
  'recording-started': Recording;
  /** It is recorded no more, whatever ended that. */
  'recording-ended': Recording;
  /**
   * How good the connection is on which we send (`out`) or are sent (`in`), by the packets that are lost on it; told some
   * seconds after it is there, and whenever that changes.
   */
  quality: { direction: 'in' | 'out'; level: QualityLevel };
  /** Our controller is away: it is looked for, and another one too. Streams that play go on meanwhile. */
  reconnecting: { reason: string };
  reconnected: object;
  /** Another controller serves us, under the same client id and with the same streams. */
  moved: { controller: string; region: string };
  /** The room is over for us; not emitted for `leave()`. */
  disconnected: { reason: string; code: string };
}

/** What a controller says that is only told on. */
export type RoomNews = Extract<
  RoomMessage,
  { event: 'onLastN' | 'onActiveSpeaker' | 'onAudioLevels' }
>;

/** Tells it on in our words. */
export function tellNews(
  news: RoomNews,
  emit: <K extends keyof RoomEvents>(event: K, payload: RoomEvents[K]) => void,
): void {
  switch (news.event) {
    case 'onLastN':
      return emit('last-n', { streamIds: news.payload.ids });
    case 'onActiveSpeaker':
      return emit('active-speaker', { streamId: news.payload.id });
    case 'onAudioLevels': {
      const { levels } = news.payload;
      return emit('audio-levels', {
        levels: levels.map(({ id: streamId, level_dBov }) => ({ streamId, level_dBov })),
      });
    }
    default:
      return assertNever(news);
  }
}
