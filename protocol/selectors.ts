import * as v from 'valibot';
import type { StreamMedia } from './directory.ts';
import { sizeOf } from './bytes.ts';
import { limits } from './limits.ts';

/**
 * Which streams a client wants by itself (Licode: the selectors of `autoSubscribe`): `/id`, `/label` or
 * `/attributes/<name>`, each with the value that a stream must have. One that fits is enough. They are read as keys, which
 * are those of the streams that fit (`selectorKeys`); a selector of another kind fits none.
 */
export const Selectors = v.pipe(
  v.optional(v.nullable(v.record(v.string(), v.unknown())), {}),
  v.transform((said) => Object.entries(said ?? {})),
  v.maxLength(limits.selectors, `more than ${limits.selectors} selectors`),
  v.check((entries) => sizeOf(entries) <= limits.attributes_bytes, 'the selectors are too large'),
  v.transform((entries) => entries.flatMap(([selector, value]) => keyOf(selector, value) ?? [])),
);
/** Keys. */
export type Selectors = v.InferOutput<typeof Selectors>;

const attributePrefix = '/attributes/';

function keyOf(selector: string, value: unknown): string | undefined {
  if (selector === '/id') {
    // Licode's ids are numbers.
    const isId = typeof value === 'string' || typeof value === 'number';
    return isId ? key(selector, String(value)) : undefined;
  }
  return selector === '/label' || selector.startsWith(attributePrefix)
    ? key(selector, value)
    : undefined;
}

/** Values are the same where they are equal as JSON. */
function key(selector: string, value: unknown): string {
  return JSON.stringify([selector, value]);
}

/** The keys of a stream: selectors fit that have one of them. The label is that of the publisher. */
export function selectorKeys(stream: {
  streamId: string;
  media: Pick<StreamMedia, 'label' | 'attributes'>;
}): string[] {
  const { streamId, media } = stream;
  return [
    key('/id', streamId),
    key('/label', media.label),
    ...Object.entries(media.attributes).map(([name, value]) =>
      key(`${attributePrefix}${name}`, value),
    ),
  ];
}
