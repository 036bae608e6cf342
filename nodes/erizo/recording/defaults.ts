/** The numbers of recordings, each with its unit and its reason. */
export const recordingDefaults = {
  /** Recordings of one process, each with an ffmpeg of its own beside it; more are refused. */
  recordings: 16,
  /** For the publisher's first key frame: it may have to come over two continents, and be asked for again. */
  firstKeyFrame_ms: 8_000,
  /** From the request until bytes are in the file; within the 20 s that a controller waits. */
  start_ms: 15_000,
  /** How often ffmpeg is asked whether it listens yet. */
  listen_ms: 20,
  /**
   * ffmpeg closes its file when it has heard nothing for so long: its process was killed. It is told more often
   * that it was not, as a publisher that is muted sends nothing; a process is given up before it is silent for longer.
   */
  orphan_s: 5,
  alive_ms: 1_000,
  /** A player can seek to each of these, who joins while it is played sees a picture, and one that a lost packet spoilt is whole again. */
  keyFrame_ms: 5_000,
  /** How often the disk is looked at; it loses some MB in this time. */
  check_ms: 5_000,
  /** What has to be free on the disk: a recording that was begun has an hour at 2 Mbit/s. */
  free_bytes: 1024 ** 3,
  /** What is read of the JSON that says whose a recording is: three ids, and what an operator adds. */
  binding_bytes: 4_096,
  /** The longest recording and the largest: a day's conference, at 3 Mbit/s. */
  longest_ms: 12 * 60 * 60 * 1_000,
  largest_bytes: 16 * 1024 ** 3,
  /** What ffmpeg is given to close the file before it is interrupted, and killed; its ErizoJS has 3 s to end. */
  close_ms: 1_000,
  kill_ms: 2_500,
  /** Pairs of ports that are tried before a host counts as having none. */
  portTries: 32,
  /**
   * How often ffmpeg is begun where another process took its ports in the moment before. It says so in a third of a
   * second, so that all of them fit the time of a start; whoever meets it so often in a row has no ports left.
   */
  portDraws: 4,
} as const;
