import type { Clock } from '../../protocol/clock.ts';
import type { ErizoProcess } from './erizo-process.ts';
import { erizoIdOf } from './erizo-proc.ts';
import { signal } from './erizo-process.ts';

/** How soon the exit of a process is noticed that is no child of this one. */
const poll_ms = 500;

/**
 * Watches an ErizoJS process that an earlier agent started. It is no child, so its exit is not told:
 * it is looked up. The id in its environment says that the pid is still the same process.
 */
export function adoptErizo(
  components: { clock: Clock },
  options: { erizoId: string; pid: number; onExit: (how: string) => void },
): ErizoProcess {
  const { erizoId, pid } = options;
  const stopPolling = components.clock.every(poll_ms, () => {
    if (erizoIdOf(pid) !== erizoId) {
      stopPolling();
      options.onExit('its process is gone');
    }
  });
  return {
    pid,
    terminate: () => {
      if (erizoIdOf(pid) === erizoId) {
        signal(pid, 'SIGTERM');
      }
    },
    kill: () => {
      if (erizoIdOf(pid) === erizoId) {
        signal(-pid, 'SIGKILL');
      }
    },
    release: stopPolling,
  };
}
