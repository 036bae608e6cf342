import { Session } from 'node:inspector/promises';
import type { Clock } from '../protocol/clock.ts';

const defaults = {
  /** Clients that return to a node that was started anew have done so, and do not wait for it. */
  settled_ms: 10_000,
} as const;

/**
 * Once, some time after its start, a process that idles collects its garbage: most of it is code that was read and
 * compiled, 10 MB which V8 would keep until much has been allocated. It takes some 80 ms of this thread.
 */
export function giveBackWhenIdle(components: { clock: Clock }, isIdle: () => boolean): void {
  components.clock.after(defaults.settled_ms, () => {
    if (isIdle()) {
      void collectGarbage();
    }
  });
}

/** By the inspector: V8 knows cached code by its flags, and one that changes has the next start compile it anew. */
async function collectGarbage(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}
