import type { MediaKind, RtpParameters } from '../media.ts';
import { inputDefaults } from './defaults.ts';

/** How a track goes into the room: as it is where the room knows its codec, else encoded anew. */
export interface Encoding {
  rtpParameters: RtpParameters;
  /** ffmpeg's, for its output. */
  args: readonly string[];
}

const { video_kbps, keyFrame_s } = inputDefaults;

const toVp8 = [
  ...['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', `${video_kbps}k`],
  ...['-pix_fmt', 'yuv420p', '-force_key_frames', `expr:gte(t,n_forced*${keyFrame_s})`],
];
const toOpus = ['-c:a', 'libopus', '-ac', '2', '-ar', '48000'];

/** The codecs that need no encoding: H264 does, as its profiles and B-frames are not for every browser. */
export function encodingOf(kind: MediaKind, codec: string, ssrc: number): Encoding {
  const encodings = [{ ssrc }];
  if (kind === 'audio') {
    const opus = { mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2 };
    const args = codec === 'opus' ? ['-c:a', 'copy'] : toOpus;
    return {
      rtpParameters: { codecs: [{ ...opus, parameters: { 'sprop-stereo': 1 } }], encodings },
      args: ['-map', '0:a:0', ...args, ...rtpArgs(opus.payloadType, ssrc)],
    };
  }
  const vp8 = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
  return {
    rtpParameters: { codecs: [vp8], encodings },
    args: [
      ...['-map', '0:v:0', ...(codec === 'vp8' ? ['-c:v', 'copy'] : toVp8)],
      ...rtpArgs(vp8.payloadType, ssrc),
    ],
  };
}

function rtpArgs(payloadType: number, ssrc: number): string[] {
  return ['-payload_type', String(payloadType), '-ssrc', String(ssrc), '-f', 'rtp'];
}
