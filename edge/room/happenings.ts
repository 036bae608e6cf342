import type {
  WebhookRecording,
  WebhookRecordingFailed,
  WebhookRecordingStopped,
} from '../../protocol/contracts/webhooks.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import type { Participant, ParticipantsState } from './participants.ts';
import { isAnybodyPresent, isPresent } from './participants.ts';

/** What apps may hear of a room. */
export type Happening =
  | { readonly event: 'room_started' | 'room_finished' }
  | {
      readonly event: 'participant_joined' | 'participant_left';
      readonly participant: Participant;
    }
  | { readonly event: 'stream_published' | 'stream_unpublished'; readonly stream: RoomStream }
  | { readonly event: 'recording_started'; readonly recording: WebhookRecording }
  | { readonly event: 'recording_stopped'; readonly recording: WebhookRecordingStopped }
  | { readonly event: 'recording_failed'; readonly recording: WebhookRecordingFailed };

/** Who is in a room and what is published in it. */
export interface Scene {
  readonly participants: ParticipantsState;
  readonly streams: readonly RoomStream[];
}

/**
 * What happened between two scenes, in an order that makes sense to those who hear of it: a room starts
 * with its first participant and is finished with its last, and streams come and go while their
 * participants are there, whatever the edge was told first.
 */
export function happeningsBetween(
  before: Scene,
  after: Scene,
  moved: { joined: readonly Participant[]; left: readonly Participant[] },
): Happening[] {
  const { published, unpublished } = announcedBetween(before, after, moved);
  const happenings: Happening[] = [
    ...moved.joined.map((participant): Happening => ({ event: 'participant_joined', participant })),
    ...published.map((stream): Happening => ({ event: 'stream_published', stream })),
    ...unpublished.map((stream): Happening => ({ event: 'stream_unpublished', stream })),
    ...moved.left.map((participant): Happening => ({ event: 'participant_left', participant })),
  ];
  const [wasLive, isLive] = [before, after].map(({ participants }) =>
    isAnybodyPresent(participants),
  );
  if (isLive === true && wasLive === false) {
    happenings.unshift({ event: 'room_started' });
  } else if (wasLive === true && isLive === false) {
    happenings.push({ event: 'room_finished' });
  }
  return happenings;
}

/**
 * Facts of streams and news of participants take turns: a stream counts while its client is there. Who is there is asked
 * for those streams alone that changed, or whose clients came or went: it is looked for at each controller of the room.
 */
function announcedBetween(
  before: Scene,
  after: Scene,
  moved: { joined: readonly Participant[]; left: readonly Participant[] },
): { published: RoomStream[]; unpublished: RoomStream[] } {
  const passing = new Set([...moved.joined, ...moved.left].map(({ clientId }) => clientId));
  const [was, is] = [before, after].map(({ streams }) => byId(streams));
  const mayDiffer = ({ streamId, clientId }: RoomStream): boolean =>
    passing.has(clientId) ||
    was?.get(streamId)?.clientId !== clientId ||
    is?.get(streamId)?.clientId !== clientId;
  const counts = ({ participants }: Scene, stream: RoomStream | undefined): boolean =>
    stream !== undefined && isPresent(participants, stream.clientId);
  return {
    published: after.streams.filter(
      (stream) =>
        mayDiffer(stream) && counts(after, stream) && !counts(before, was?.get(stream.streamId)),
    ),
    unpublished: before.streams.filter(
      (stream) =>
        mayDiffer(stream) && counts(before, stream) && !counts(after, is?.get(stream.streamId)),
    ),
  };
}

function byId(streams: readonly RoomStream[]): ReadonlyMap<string, RoomStream> {
  return new Map(streams.map((stream) => [stream.streamId, stream]));
}
