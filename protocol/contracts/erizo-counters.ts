import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What is open in an ErizoJS process: what must go back to where it was. */
export const ErizoCounters = v.strictObject({
  clients: count,
  connections: count,
  publishers: count,
  subscribers: count,
  producers: count,
  consumers: count,
  webRtcTransports: count,
  pipeTransports: count,
  /** Streams that come in over pipes. */
  pulls: count,
  /** Pulls whose upstream is in another region: copies that crossed a WAN link. */
  wanPulls: count,
  /** Streams that go out over pipes. */
  feeds: count,
  /** Processes that are linked with this one to pull from it, whether they do or not. */
  downstreams: count,
  /** `cascade.open` calls that this process made since it started. */
  cascadeOpens: count,
  pipeBytesReceived: count,
  pipeBytesSent: count,
  /** Streams of publishers that follow of whose video nobody needs anything, so that none is sent. */
  unwatchedPublishers: count,
  /** How often publishers were told which layers are wanted, since the process started. */
  layersTold: count,
  /** Videos that are not sent since their client wants the last few who spoke. */
  hiddenVideos: count,
  /** Files that are being written. */
  recordings: count,
  /** Since the process started: those that began, and those that did not begin or were not closed. */
  recordingsStarted: count,
  recordingsFailed: count,
});

export type ErizoCounters = v.InferOutput<typeof ErizoCounters>;
