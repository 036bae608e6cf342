import * as v from 'valibot';
import {
  ActiveSpeaker,
  AudioLevels,
  BandwidthAlertMessage,
  Connected,
  ConnectionFailed,
  ConnectionMessageErizo,
  LayersWanted,
  Move,
  MovedStream,
  PublicStream,
  RecordingEnded,
  RecordingStarted,
  RemovedStream,
  RoomEnded,
} from '../../protocol/contracts/client.ts';
import { LastNShown } from '../../protocol/contracts/last-n.ts';

const ServerMessage = v.variant('event', [
  v.object({ event: v.literal('connected'), payload: Connected }),
  v.object({ event: v.literal('onAddStream'), payload: PublicStream }),
  v.object({ event: v.literal('onRemoveStream'), payload: RemovedStream }),
  v.object({ event: v.literal('stream_changed'), payload: PublicStream }),
  v.object({ event: v.literal('connection_message_erizo'), payload: ConnectionMessageErizo }),
  v.object({ event: v.literal('stream_moved'), payload: MovedStream }),
  v.object({ event: v.literal('move'), payload: Move }),
  v.object({ event: v.literal('room_ended'), payload: RoomEnded }),
  v.object({ event: v.literal('onActiveSpeaker'), payload: ActiveSpeaker }),
  v.object({ event: v.literal('onAudioLevels'), payload: AudioLevels }),
  v.object({ event: v.literal('onBandwidthAlert'), payload: BandwidthAlertMessage }),
  v.object({ event: v.literal('onLayersWanted'), payload: LayersWanted }),
  v.object({ event: v.literal('onLastN'), payload: LastNShown }),
  v.object({ event: v.literal('recording_started'), payload: RecordingStarted }),
  v.object({ event: v.literal('recording_ended'), payload: RecordingEnded }),
  v.object({ event: v.literal('connection_failed'), payload: ConnectionFailed }),
]);

/** What a controller tells its clients, as far as this client knows it. */
export type ServerMessage = v.InferOutput<typeof ServerMessage>;

/** Undefined for events that a newer controller may have, and for what does not parse. */
export function parseServerMessage(event: string, payload: unknown): ServerMessage | undefined {
  const parsed = v.safeParse(ServerMessage, { event, payload });
  return parsed.success ? parsed.output : undefined;
}
