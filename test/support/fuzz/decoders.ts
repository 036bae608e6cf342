import fc from 'fast-check';
import { isErrorCode, RizomaError } from '../../../protocol/errors.ts';
import { limits } from '../../../protocol/limits.ts';
import { decoderInputs, fuzzSeed } from './amount.ts';
import { measure } from './hostile.ts';

/** What a decoder may do to what comes from outside, whatever that is. */

/** Defaults that a schema fills in, for all and for each part. */
const added = { nodes: 100, chars: 2_000, chars_perPart: 32 } as const;

/** Of an error: its words and the name of a field, each cut to 500 characters; it repeats no more of what was sent. */
const errorText_chars = 1_100;

export interface Bounds {
  readonly depth: number;
  readonly nodes: number;
  readonly chars: number;
}

/** A decoder gives no more than it was given, beside names and defaults of the parts. */
export function boundsOf(input: unknown): Bounds {
  const { nodes, chars } = measure(input);
  // Of a text each second character may be a part of what it decodes to.
  const parts = typeof input === 'string' ? chars / 2 + 1 : nodes;
  return {
    depth: limits.frameNesting,
    nodes: parts + added.nodes,
    chars: chars + added.chars_perPart * parts + added.chars,
  };
}

/** Answers whether it took the input. Fails where it gave more than it may, or threw what has no code. */
export async function expectDefined(
  decode: () => unknown,
  bounds: Bounds,
  isRefusal: (thrown: unknown) => boolean = isCoded,
): Promise<boolean> {
  let output: unknown;
  try {
    output = await decode();
  } catch (thrown) {
    if (!isRefusal(thrown)) {
      throw thrown;
    }
    return false;
  }
  const { depth, nodes, chars } = measure(output);
  if (depth > bounds.depth || nodes > bounds.nodes || chars > bounds.chars) {
    throw new Error(`decoded to ${JSON.stringify({ depth, nodes, chars, bounds })}`);
  }
  return true;
}

/** An error with a code of ours and few words; `internal` is none of a decoder's. */
function isCoded(thrown: unknown): boolean {
  if (!(thrown instanceof RizomaError && isErrorCode(thrown.code))) {
    return false;
  }
  return measure([thrown.message, thrown.details]).chars <= errorText_chars;
}

/** For the long run, on a machine that does other things. */
export const patient = { timeout: 3_600_000 } as const;

/**
 * Runs a property on as many inputs as the run affords, or `times` as many; what fails it is shown with its seed. With another `shift`, other
 * inputs follow from the seed.
 */
export async function fuzz<T>(
  inputs: fc.Arbitrary<T>,
  property: (input: T) => Promise<unknown>,
  { times = 1, shift = 0 }: { times?: number; shift?: number } = {},
): Promise<void> {
  const run = fc.asyncProperty(inputs, async (input) => {
    await property(input);
  });
  const options = { numRuns: times * decoderInputs, seed: fuzzSeed + shift, endOnFailure: true };
  const { failed, counterexample, counterexamplePath, errorInstance } = await fc.check(
    run,
    options,
  );
  if (failed) {
    // What is too deep to be printed by fast-check is cut here.
    const shown = JSON.stringify(counterexample).slice(0, 2_000);
    throw new Error(`seed ${fuzzSeed} (and ${shift}), path ${counterexamplePath}: ${shown}`, {
      cause: errorInstance,
    });
  }
}
