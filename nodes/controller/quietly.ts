import { toRizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';

/** Waits for a call whose failure changes nothing: what it would remove is gone with its process. */
export async function quietly(log: Log, call: Promise<unknown> | undefined): Promise<void> {
  try {
    await call;
  } catch (thrown) {
    log.debug({ code: toRizomaError(thrown).code }, 'removal was not answered');
  }
}
