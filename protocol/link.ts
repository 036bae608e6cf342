/** Why a link ended. */
export type LinkEnd =
  /** This side closed it. */
  | 'closed'
  /** The other side closed it in order. */
  | 'peer_closed'
  /** The way broke, or the other process is gone or was replaced. */
  | 'lost'
  /** Nothing was heard for `limits.linkSilence_ms`. */
  | 'silent';

/** What a link tells its one owner. */
export interface LinkSink {
  frame(text: string): void;
  /** Once, and last. */
  ended(why: LinkEnd): void;
}

/**
 * A way between two processes that carries frames in order, each at most once.
 * A link that has ended stays so: whoever wants another one makes it.
 */
export interface Link {
  /** Starts delivery; what arrived before is delivered first. Called once. */
  open(sink: LinkSink): void;
  /**
   * Queues a frame and never blocks. Throws `link_down` on a link that has ended, `overloaded`
   * when `limits.linkQueue_frames` are waiting, `too_large` over `limits.frameSize_bytes`.
   */
  send(text: string): void;
  /** Ends the link in order. Idempotent. */
  close(): void;
  /** For the log: which two ends it joins. */
  readonly name: string;
}
