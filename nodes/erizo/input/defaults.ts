/** The numbers of external inputs, each with its unit and its reason. */
export const inputDefaults = {
  /** Inputs of one process: one that has to be encoded takes a core. */
  inputs: 8,
  /** For a camera to answer; Licode gives it 20 s in all. */
  probe_ms: 10_000,
  /** What ffprobe says of some dozens of tracks. */
  probe_bytes: 256 * 1024,
  /** From the request until media flows; within the 20 s that a controller waits. */
  start_ms: 18_000,
  /** Of pictures that have to be encoded; for 720p. */
  video_kbps: 1_500,
  /** Who comes later sees a picture within this. */
  keyFrame_s: 2,
} as const;
