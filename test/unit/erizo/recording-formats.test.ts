import { describe, expect, it } from 'vitest';
import { demandCodecs } from '../../../nodes/erizo/recording/formats.ts';

const track = (mimeType: string) => ({
  sdp: { rtpParameters: { codecs: [{ mimeType, payloadType: 96, clockRate: 90_000 }] } },
});

describe('a format of recordings', () => {
  it.each(['VP8', 'VP9', 'AV1'])('webm holds %s with Opus', (name) => {
    const tracks = [track(`video/${name}`), track('audio/opus')];
    expect(() => demandCodecs('webm', tracks)).not.toThrow();
  });

  it('webm holds no H264, and mkv does', () => {
    const tracks = [track('audio/opus'), track('video/H264')];
    expect(() => demandCodecs('webm', tracks)).toThrow(/no video\/H264.*mkv/);
    expect(() => demandCodecs('mkv', tracks)).not.toThrow();
  });
});
