import type { RecordingEnd } from '../../protocol/contracts/external-media.ts';
import type { RecordingNews } from '../../protocol/contracts/node-edge.ts';
import type { Happening } from './happenings.ts';

/** What the Room object knows of a recording. Those that are over are known so that doubles do nothing. */
export interface KnownRecording {
  readonly id: string;
  readonly streamId: string;
  /** Of the controller that made it, with the lease under which it said so. */
  readonly nodeId: string;
  readonly lease: number;
  readonly region: string;
  /** `lost`: nothing is known of it since its controller was lost. */
  readonly state: 'open' | 'lost' | 'over';
}

export interface RecordingStep {
  readonly recording: KnownRecording;
  readonly happening: Happening;
}

/** What news of a recording change; undefined where they are known, as when they were sent twice. */
export function recordingStep(
  known: KnownRecording | undefined,
  news: { nodeId: string; lease: number; region: string; recording: RecordingNews },
): RecordingStep | undefined {
  const { nodeId, lease, region } = news;
  const { id, streamId, end } = news.recording;
  // One that was thought lost and has ended in truth is told again, as its file may be whole.
  if (known?.state === 'over' || (known !== undefined && end === undefined)) {
    return undefined;
  }
  const recording = { id, streamId, nodeId, lease, region };
  return end === undefined
    ? { recording: { ...recording, state: 'open' }, happening: started(recording) }
    : { recording: { ...recording, state: 'over' }, happening: ended(recording, end) };
}

/** Nobody tells how an open recording ends, since its controller is gone or the room was deleted. */
export function recordingGone(
  recording: KnownRecording,
  why: 'node_lost' | 'room_deleted',
): RecordingStep {
  const { id, streamId, region } = recording;
  const about = { id, streamId, region };
  return {
    recording: { ...recording, state: 'lost' },
    happening:
      why === 'node_lost'
        ? { event: 'recording_failed', recording: { ...about, why } }
        : { event: 'recording_stopped', recording: { ...about, why } },
  };
}

type About = Pick<KnownRecording, 'id' | 'streamId' | 'region'>;

function started({ id, streamId, region }: About): Happening {
  return { event: 'recording_started', recording: { id, streamId, region } };
}

function ended({ id, streamId, region }: About, end: RecordingEnd): Happening {
  const { why, duration_ms, size_bytes, part } = end;
  const about = { id, streamId, region, ...(part === undefined ? {} : { part }) };
  return why === 'failed'
    ? { event: 'recording_failed', recording: { ...about, why } }
    : { event: 'recording_stopped', recording: { ...about, why, duration_ms, size_bytes } };
}
