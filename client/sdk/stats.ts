import * as v from 'valibot';

/** What one stream sent or received so far, from the counters of the browser (W3C webrtc-stats). */
export interface StreamStats {
  readonly streamId: string;
  readonly direction: 'in' | 'out';
  readonly video: VideoStats | undefined;
  readonly audio: AudioStats | undefined;
}

export interface VideoStats {
  /** Frames decoded, or encoded. */
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
}

export interface AudioStats {
  /** 0 to 1, of the last moments. */
  readonly level: number;
  /** Sum over all time, in the unit of `totalAudioEnergy`. */
  readonly energy: number;
  readonly bytes: number;
}

const count = v.optional(v.number(), 0);
const kind = v.picklist(['audio', 'video']);
const Entry = v.variant('type', [
  v.object({
    type: v.literal('inbound-rtp'),
    kind,
    framesDecoded: count,
    frameWidth: count,
    frameHeight: count,
    bytesReceived: count,
    audioLevel: count,
    totalAudioEnergy: count,
  }),
  v.object({
    type: v.literal('outbound-rtp'),
    kind,
    framesEncoded: count,
    frameWidth: count,
    frameHeight: count,
    bytesSent: count,
  }),
  v.object({
    type: v.literal('media-source'),
    kind,
    audioLevel: count,
    totalAudioEnergy: count,
  }),
]);
type Entry = v.InferOutput<typeof Entry>;

/** What a report is read as: `RTCStatsReport` is a map of objects that differ by browser. */
export interface Report {
  forEach(visit: (entry: unknown) => void): void;
}

export function summarize(
  streamId: string,
  direction: 'in' | 'out',
  reports: readonly Report[],
): StreamStats {
  let video: VideoStats | undefined;
  let audio: AudioStats | undefined;
  for (const entry of reports.flatMap(entriesOf)) {
    if (entry.kind === 'video') {
      video = addVideo(video, entry);
    } else {
      audio = addAudio(audio, entry);
    }
  }
  return { streamId, direction, video, audio };
}

function entriesOf(report: Report): Entry[] {
  const entries: Entry[] = [];
  report.forEach((raw) => {
    const parsed = v.safeParse(Entry, raw);
    if (parsed.success) {
      entries.push(parsed.output);
    }
  });
  return entries;
}

/** Simulcast has one entry a layer: sizes are of the largest, the rest adds up. */
function addVideo(sum: VideoStats | undefined, entry: Entry): VideoStats | undefined {
  if (entry.type === 'media-source') {
    return sum;
  }
  const isIn = entry.type === 'inbound-rtp';
  return {
    frames: (sum?.frames ?? 0) + (isIn ? entry.framesDecoded : entry.framesEncoded),
    width: Math.max(sum?.width ?? 0, entry.frameWidth),
    height: Math.max(sum?.height ?? 0, entry.frameHeight),
    bytes: (sum?.bytes ?? 0) + (isIn ? entry.bytesReceived : entry.bytesSent),
  };
}

/** What is sent has its level at the source, its bytes at the RTP stream. */
function addAudio(sum: AudioStats | undefined, entry: Entry): AudioStats {
  const level = entry.type === 'outbound-rtp' ? 0 : entry.audioLevel;
  const energy = entry.type === 'outbound-rtp' ? 0 : entry.totalAudioEnergy;
  return {
    level: Math.max(sum?.level ?? 0, level),
    energy: (sum?.energy ?? 0) + energy,
    bytes: (sum?.bytes ?? 0) + bytesOf(entry),
  };
}

function bytesOf(entry: Entry): number {
  switch (entry.type) {
    case 'inbound-rtp':
      return entry.bytesReceived;
    case 'outbound-rtp':
      return entry.bytesSent;
    case 'media-source':
      return 0;
  }
}
