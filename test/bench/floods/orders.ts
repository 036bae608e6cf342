import * as v from 'valibot';
import { Target } from './flood.ts';
import { floodNames } from './floods.ts';

/** What the process of a flood is told. */
export const Order = v.variant('is', [
  v.object({ is: v.literal('open'), flood: v.picklist(floodNames), target: Target }),
  v.object({ is: v.literal('start') }),
  v.object({ is: v.literal('stop') }),
  /** Its clients leave, and it ends. */
  v.object({ is: v.literal('end') }),
]);
export type Order = v.InferOutput<typeof Order>;

/** What it answers each of them when that is done. */
export const Done = v.object({
  is: v.picklist(['done', 'failed']),
  words: v.string(),
  counts: v.record(v.string(), v.number()),
});
export type Done = v.InferOutput<typeof Done>;
