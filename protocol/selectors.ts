import * as v from 'valibot';
import type { StreamMedia } from './directory.ts';
import { limits } from './limits.ts';

/**
 * Which streams a client wants by itself (Licode: the selectors of `autoSubscribe`): `/id`, `/label` or
 * `/attributes/<name>`, each with the value that a stream must have. One that fits is enough.
 */
export const Selectors = v.pipe(
  v.optional(v.nullable(v.record(v.string(), v.unknown())), {}),
  v.transform((said) => said ?? {}),
  v.check(
    (said) => JSON.stringify(said).length <= limits.attributes_bytes,
    'the selectors are too large',
  ),
);
export type Selectors = v.InferOutput<typeof Selectors>;

const attributePrefix = '/attributes/';

/** The label is that of the publisher; values are the same where they are equal as JSON. */
export function meetsAny(
  stream: { streamId: string; media: Pick<StreamMedia, 'label' | 'attributes'> },
  selectors: Selectors,
): boolean {
  const { streamId, media } = stream;
  return Object.entries(selectors).some(([selector, value]) => {
    if (selector === '/id') {
      // Licode's ids are numbers.
      return String(value) === streamId;
    }
    if (selector === '/label') {
      return value === media.label;
    }
    const name = selector.slice(attributePrefix.length);
    return (
      selector.startsWith(attributePrefix) &&
      Object.hasOwn(media.attributes, name) &&
      JSON.stringify(media.attributes[name]) === JSON.stringify(value)
    );
  });
}
