import type { RecordingFormat } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { SdpTrack } from './sdp.ts';

/** What writes each, as ffmpeg calls it. */
export const muxers: Readonly<Record<RecordingFormat, string>> = { mkv: 'matroska', webm: 'webm' };

/** All that a WebM may hold of what the router takes. */
const webmCodecs = ['video/vp8', 'video/vp9', 'video/av1', 'audio/opus'];

/** Throws `bad_request` where the format does not hold what is sent: nothing is encoded anew. */
export function demandCodecs(
  format: RecordingFormat,
  tracks: readonly { readonly sdp: Pick<SdpTrack, 'rtpParameters'> }[],
): void {
  const codecs = tracks.flatMap(({ sdp }) => sdp.rtpParameters.codecs.slice(0, 1));
  const foreign = codecs.find(({ mimeType }) => !webmCodecs.includes(mimeType.toLowerCase()));
  if (format === 'webm' && foreign !== undefined) {
    throw new RizomaError(
      'bad_request',
      `a webm holds no ${foreign.mimeType}, which this stream is: record it as mkv`,
    );
  }
}
