import { attributes } from './attributes.ts';
import { connects } from './connects.ts';
import { data } from './data.ts';
import type { Flood } from './flood.ts';
import { handshakes } from './handshakes.ts';
import { streams } from './streams.ts';

/** By the names of their rows, in the order in which they run. */
export const floods = {
  ...{ attributes, streams, data, connects, handshakes },
} as const satisfies Record<string, Flood>;

export type FloodName = keyof typeof floods;
export const floodNames = ['attributes', 'streams', 'data', 'connects', 'handshakes'] as const;
