import * as v from 'valibot';
import { limits } from './limits.ts';

/**
 * A key that can be changed while everything runs: the current one signs, and what any of them signed is taken. The
 * second one is the next before a change, so that everybody knows it by then, and the previous one after it.
 */
export interface KeySet<T> {
  readonly current: T;
  /** The current one first. */
  readonly all: readonly T[];
}

export function keySetOf<T>(current: T, second?: T): KeySet<T> {
  return { current, all: second === undefined ? [current] : [current, second] };
}

/** The keys of a set as they travel, the current one first. */
export function keysOf<const S extends v.GenericSchema>(key: S) {
  return v.pipe(v.array(key), v.minLength(1), v.maxLength(limits.keysOfOne));
}
