/** Licode's numbers, on which the parts of adaptation agree. */
export const numbers = {
  /** How often the bandwidth is looked at, while something depends on it. */
  look_ms: 1_000,
  /** Who got less waits so long for more. */
  raise_ms: 10_000,
  /** And gets it where there is so much to spare. */
  raiseMargin: 1.1,
  /** Of a video whose least layer does not fit. */
  slide_ms: 3_000,
  /** How often the quality of a connection is judged. */
  quality_ms: 5_000,
  /**
   * Connections of a process are judged together at such times: to wake up for one costs more than to judge it, and
   * hundreds of them at once would hold up what the worker forwards.
   */
  qualityTogether_ms: 500,
  /** It is good again so long after it was bad. */
  qualityRaise_ms: 30_000,
} as const;
