import { addressBasesOf, slots } from '../../infra/testing/slot.ts';

/**
 * Where the processes of a test listen. Each run of vitest on a machine has a slot and each of its workers a number, so
 * that test files run side by side, and runs do, without a table of ports.
 */
export interface TestPlace {
  /** Nodes listen on `127.<addressBase>.<n>.1`. */
  readonly addressBase: number;
  /** Of an edge on 127.0.0.1. */
  readonly edgePort: number;
  /** The loopback address of the nth host, from 1 to 254. */
  ip(host: number): string;
}

/** 18,800 for the lowest address base: below the ports that Linux gives to outgoing connections. */
const edgePortOfBase0 = 18_700;

/** The place of a worker of this run; 0 is that of what all of them share. */
export function placeOf(worker: number): TestPlace {
  const slot = Number(process.env['RIZOMA_TEST_SLOT'] ?? slots - 1);
  const addressBase = addressBasesOf(slot)[worker];
  if (addressBase === undefined) {
    throw new Error(`A run has no place for worker ${worker}: see infra/testing/slot.ts`);
  }
  return {
    addressBase,
    edgePort: edgePortOfBase0 + addressBase,
    ip: (host) => `127.${addressBase}.${host}.1`,
  };
}

/** The place of the worker that runs this file; benches, which have no workers, take that of number 0. */
export const place = placeOf(Number(process.env['VITEST_POOL_ID'] ?? 0));
