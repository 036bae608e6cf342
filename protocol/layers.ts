import * as v from 'valibot';

/** Higher than any: whoever wants this one wants the highest that there is. */
export const topLayer = 7;

/** A layer of simulcast or SVC, spatial or temporal; 0 is the lowest (three bits: RFC 9626, section 3). */
export const Layer = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(topLayer));

/** What somebody needs of a stream: its sound, and its pictures up to a spatial layer, or none of them. */
export const StreamNeed = v.strictObject({ audio: v.boolean(), video: v.nullable(Layer) });

export type StreamNeed = v.InferOutput<typeof StreamNeed>;
