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
  const [was, is] = [announced(before), announced(after)];
  const happenings: Happening[] = [
    ...moved.joined.map((participant): Happening => ({ event: 'participant_joined', participant })),
    ...without(is, was).map((stream): Happening => ({ event: 'stream_published', stream })),
    ...without(was, is).map((stream): Happening => ({ event: 'stream_unpublished', stream })),
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

/** Facts of streams and news of participants take turns: a stream counts while its client is there. */
function announced({ participants, streams }: Scene): readonly RoomStream[] {
  return streams.filter(({ clientId }) => isPresent(participants, clientId));
}

function without(those: readonly RoomStream[], others: readonly RoomStream[]): RoomStream[] {
  const ids = new Set(others.map(({ streamId }) => streamId));
  return those.filter(({ streamId }) => !ids.has(streamId));
}
