const defaults = {
  /** For what was said last, which lingers 1 s at the most, and for what ought to be closed and is not. */
  longest_ms: 2_000,
} as const;

/**
 * Ends the process once nothing of it is open any more. ZeroMQ has sent by then what was said last; `process.exit` alone
 * drops that, however long the sockets linger (zeromq 6.8.0, `findings/zeromq-exit-drops-words.sh`).
 */
export function endProcess(): void {
  process.exitCode = 0;
  setTimeout(() => process.exit(), defaults.longest_ms).unref();
}
