import { BringUpError } from '../output.ts';

/** The benches, each in `test/bench/NAME.ts`. */
export const benchNames = [
  'crowd',
  'edge',
  'floods',
  'join',
  'media',
  'message-cost',
  'rpc',
  'spread',
  'system',
  'wan',
] as const;
export type BenchName = (typeof benchNames)[number];

/** The named benches, each once and in the order above; all of them if none is named. Fails on an unknown name. */
export function chooseBenches(names: readonly string[]): readonly BenchName[] {
  const unknown = names.find((name) => !benchNames.some((known) => known === name));
  if (unknown !== undefined) {
    throw new BringUpError(`There is no bench "${unknown}". Benches: ${benchNames.join(', ')}`);
  }
  return names.length === 0 ? benchNames : benchNames.filter((name) => names.includes(name));
}
