import { createServer } from 'node:net';
import { BringUpError } from '../output.ts';

/** Runs that a machine has addresses and ports for: see test/support/place.ts. */
export const slots = 15;

/** Places of a run: 0 for what its files share, 1 to 8 for its workers. */
export const placesPerSlot = 9;

/** The lowest address base, well above that of `npm start`, which is 0. */
const firstBase = 100;

/** The second byte of the loopback addresses of each place of a slot, by the number of the place. */
export function addressBasesOf(slot: number): number[] {
  return Array.from({ length: placesPerSlot }, (_, at) => firstBase + slot * placesPerSlot + at);
}

/** A run holds the port of its slot; the kernel gives it back however the run ends. */
const firstPort = 18_700;

export interface Slot {
  readonly number: number;
  release(): Promise<void>;
}

/** Takes a free slot of this machine, so that test runs side by side use different addresses and ports. */
export async function claimSlot(): Promise<Slot> {
  for (let number = 0; number < slots; number += 1) {
    const server = createServer();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port: firstPort + number, exclusive: true }, () =>
      resolve(true),
    );
    if (await promise) {
      server.unref();
      return { number, release: () => new Promise((done) => server.close(() => done())) };
    }
  }
  throw new BringUpError(`${slots} test runs are under way on this machine; wait for one to end.`);
}
