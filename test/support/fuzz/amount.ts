/**
 * How much is tried at random: what `npm test` can afford, or what the part `fuzz` of the long run does. All of it follows
 * from a seed, which is in the name of the test: RIZOMA_FUZZ_SEED gives the same inputs again.
 */
const isLong = process.env['RIZOMA_TEST_AMOUNT'] === 'long';

export const fuzzSeed = Number(process.env['RIZOMA_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

/** The number of cases of a property, or of members of a mesh, in each run. */
export function amount({ short, long }: { short: number; long: number }): number {
  return isLong ? long : short;
}

/** Inputs of clients in all: SDP costs a tenth of what an event on a socket does. */
const inputs = Number(process.env['RIZOMA_FUZZ_INPUTS'] ?? amount({ short: 3_000, long: 300_000 }));
export const sdpInputs = Math.ceil(inputs * 0.6);
/** Of each of some 190 decoders. */
export const decoderInputs = Math.max(20, Math.ceil(inputs / 300));
export const signallingInputs = Math.ceil(inputs * 0.4);

/** Requests to the edge in all. */
export const fuzzRequests = Number(
  process.env['RIZOMA_FUZZ_REQUESTS'] ?? amount({ short: 2_000, long: 100_000 }),
);
