/**
 * What every router can do. The list is the same in all processes: a producer that came over a
 * pipe is described in the terms of the router that it comes from.
 */
export const mediaCodecs = [
  {
    kind: 'audio' as const,
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    parameters: { minptime: 10, useinbandfec: 1 },
  },
  { kind: 'video' as const, mimeType: 'video/VP8', clockRate: 90_000 },
  {
    kind: 'video' as const,
    mimeType: 'video/VP9',
    clockRate: 90_000,
    parameters: { 'profile-id': 0 },
  },
  {
    kind: 'video' as const,
    mimeType: 'video/H264',
    clockRate: 90_000,
    // Constrained baseline is the one profile that every browser decodes (RFC 7742, section 5).
    parameters: {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
    },
  },
  { kind: 'video' as const, mimeType: 'video/AV1', clockRate: 90_000 },
];
