/** How far a run is, for the line that shows it. */
export interface RunState {
  readonly files: number;
  readonly done: number;
  readonly failed: number;
  /** Files that run now, in the order in which they began. */
  readonly running: readonly string[];
  readonly elapsed_ms: number;
}

/** The time that is left where the rest takes as long a file as what is done; undefined while nothing is. */
export function left_ms({ files, done, elapsed_ms }: RunState): number | undefined {
  return done === 0 ? undefined : (elapsed_ms / done) * (files - done);
}

export function formatTime(time_ms: number): string {
  const seconds = Math.round(time_ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** One line: `120/300 files, 1 failed, 2:05, about 3:10 left; running: a, b`. */
export function formatProgress(state: RunState): string {
  const left = left_ms(state);
  const parts = [
    `${state.done}/${state.files} files`,
    ...(state.failed === 0 ? [] : [`${state.failed} failed`]),
    formatTime(state.elapsed_ms),
    ...(left === undefined || left === 0 ? [] : [`about ${formatTime(left)} left`]),
  ];
  const running = state.running.length === 0 ? '' : `; running: ${state.running.join(', ')}`;
  return parts.join(', ') + running;
}
