import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** Writes the lines of a process to the node's own output, the process's id before each. */
export function forwardLines(from: Readable | null, to: Writable, erizoId: string): void {
  if (from !== null) {
    createInterface({ input: from }).on('line', (line) => to.write(`[${erizoId}] ${line}\n`));
  }
}
