/**
 * How many inputs the fuzz of clients has in all: as many as `npm test` can afford, or RIZOMA_FUZZ_INPUTS. They
 * follow from RIZOMA_FUZZ_SEED, which is chosen by chance where it is not given; a test has both in its name.
 */
export const fuzzSeed = Number(process.env['RIZOMA_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const inputs = Number(process.env['RIZOMA_FUZZ_INPUTS'] ?? 30_000);

/** A share of them, as SDP costs a tenth of what an event on a socket does. */
export const sdpInputs = Math.ceil(inputs * 0.6);
export const signallingInputs = Math.ceil(inputs * 0.4);
