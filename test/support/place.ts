import { slots } from '../../infra/testing/slot.ts';

/**
 * Where the processes of a test listen. Each run of vitest on a machine has a slot (`infra/testing/slot.ts`) and
 * each of its workers a number, so that test files run side by side, and runs do, without a table of ports.
 */

/** Places of a run: 0 for what its files share, 1 to 8 for its workers. */
const numbers = 9;

/** The lowest of each; all stay clear of `npm start`, and of the ports that Linux gives to outgoing connections. */
const first = { addressBase: 100, edgePort: 18_800 } as const;

export interface TestPlace {
  /** Nodes listen on `127.<addressBase>.<n>.1`. */
  readonly addressBase: number;
  /** Of an edge on 127.0.0.1. */
  readonly edgePort: number;
  /** The loopback address of the nth host, from 1 to 254. */
  ip(host: number): string;
}

/** The place of a worker of this run; 0 is that of what all of them share. */
export function placeOf(worker: number): TestPlace {
  const slot = Number(process.env['RIZOMA_TEST_SLOT'] ?? slots - 1);
  if (!(slot >= 0 && slot < slots && worker >= 0 && worker < numbers)) {
    throw new Error(`There is no place for worker ${worker} of run ${slot}: ${numbers} a run.`);
  }
  const offset = slot * numbers + worker;
  const addressBase = first.addressBase + offset;
  return {
    addressBase,
    edgePort: first.edgePort + offset,
    ip: (host) => `127.${addressBase}.${host}.1`,
  };
}

/** The place of the worker that runs this file; benches, which have no workers, take that of number 0. */
export const place = placeOf(Number(process.env['VITEST_POOL_ID'] ?? 0));
