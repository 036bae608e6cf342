import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of the heap that are in use when all garbage is gone. */
export function heapInUse_bytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') {
    throw new Error('this Node has no gc()');
  }
  collect();
  return process.memoryUsage().heapUsed;
}
