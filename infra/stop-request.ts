const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls the handler once when this process is asked to stop: by a signal, or because the bootstrap that
 * started it has died. The result takes the handler away again.
 */
export function onStopRequest(handler: (signal: NodeJS.Signals) => void): () => void {
  let asked = false;
  const ask = (signal: NodeJS.Signals): void => {
    if (asked) return;
    asked = true;
    handler(signal);
  };
  const orphaned = (): void => ask('SIGTERM');
  for (const signal of signals) process.on(signal, ask);
  process.on('disconnect', orphaned);
  // Listening must not keep a process alive that has nothing else to do; one that takes messages has.
  if (process.listenerCount('message') === 0) process.channel?.unref();
  return () => {
    for (const signal of signals) process.off(signal, ask);
    process.off('disconnect', orphaned);
  };
}
