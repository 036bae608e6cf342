/** What the SDK assumes where it is not told: each with its unit and its reason. */
export const defaults = {
  /** The edge places a participant within one round trip; past this the network is at fault. */
  edgeAnswer_ms: 10_000,
  /** A controller that does not take us in this time is passed over for the next of the join. */
  controllerAnswer_ms: 3_000,
  /** A controller's own calls take up to 20 s (`controllerToErizo`); it answers a little later. */
  callAnswer_ms: 25_000,
  /** The answer to our offer: the server's own limit is 5 s. */
  answer_ms: 8_000,
  /** One negotiation in all; longer than the wait for the answer, which undoes what it set. */
  negotiation_ms: 10_000,
  /** Tracks of a stream, once its subscription was confirmed: one offer away. */
  media_ms: 15_000,
  /** Messages that the controller has not confirmed; more than a whole reconnection may gather. */
  unconfirmedMessages: 1_024,
  /** Offers of one connection that wait for their turn. The server has one outstanding at a time. */
  waitingNegotiations: 64,
  /** A connection that carries nothing is kept so long, as the next stream may be put on it. */
  idleConnection_ms: 10_000,
  /** The first wait before a stream that failed is tried again; it doubles with each try. */
  firstRetry_ms: 250,
  /** Tries before a stream is given up: with the doubling some 8 s. */
  retries: 5,
  /** A stream that held for so long starts counting its tries anew. */
  stable_ms: 10_000,
  /** A controller from which nothing came for so long is asked whether it lives. */
  heartbeat_ms: 1_500,
  /** One that does not answer to that in this time is dialled anew. */
  heartbeatAnswer_ms: 1_500,
  /** A lost controller that is not back by then is looked for elsewhere, while it is dialled on. */
  redial_ms: 1_000,
  /** Waits between two rounds of looking for another controller; they double, and half of each is chance. */
  firstRound_ms: 250,
  longestRound_ms: 4_000,
  /** The end of looking: a node that restarts is back by then, and so is a region in which people work on it. */
  failover_ms: 300_000,
  /** Media of a new controller is shown when it plays, or after this where the publisher sends none. */
  flow_ms: 3_000,
  flowLook_ms: 40,
  /** A stream is published at the old controller still for so long after it is live at the new one. */
  linger_ms: 2_000,
  /** What a client has at its old controller ends then at the latest, before the controller ends it. */
  leaveOld_ms: 8_000,
  /** Waits between attempts to reach the controller again. */
  firstReconnection_ms: 250,
  longestReconnection_ms: 2_000,
  /** Enough for 640x480 at 30 frames/s in VP8; more is not seen at that size. */
  maxVideoBitrate_bps: 1_200_000,
} as const;
