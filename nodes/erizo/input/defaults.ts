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

/** The numbers of a forwarder: what a source, or another user of this host, may take of the process. */
export const forwarderDefaults = {
  /** For the source to take a connection; a second one and its answer still fit a probe. */
  connect_ms: 5_000,
  /** A source that is silent for so long is given up, before ffmpeg does at 10 s and says less of it. */
  silence_ms: 9_000,
  /** For a connection to show the path of the forwarder; ffmpeg does at once. */
  first_ms: 5_000,
  /** Connections at a time of whoever may know the path or not: ffmpeg has two while it seeks. */
  connections: 8,
  /** Requests of HTTP at a time: ffmpeg drops one for the next where it seeks. */
  requests: 4,
  /** Connections to an RTSP source in all: ffprobe has one, then ffmpeg; nobody listens after that. */
  rtspPlayers: 2,
  /** Start line and headers of one message; ffmpeg itself reads lines of 4 KiB. */
  head_bytes: 16 * 1024,
  /** Headers of one message: real ones have about ten. */
  headers: 64,
  /** Body of one RTSP message: ffmpeg reads 16 KiB of an SDP. */
  body_bytes: 16 * 1024,
  /** Tracks that a source describes: ffprobe tells of some dozens, a room plays two. */
  tracks: 32,
  /** RTSP requests that wait for their answers: ffmpeg sends one at a time, and a keep-alive beside it. */
  pending: 8,
  /** What waits for a source that does not read, before it is given up: some seconds of RTCP. */
  backlog_bytes: 64 * 1024,
  /** Times one request is sent: without credentials, with them, and once more for a nonce that was too old. */
  attempts: 3,
  /** An id of a session: RFC 2326 names no limit, and real ones have some dozens. */
  session_chars: 256,
} as const;
