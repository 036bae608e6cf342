import { RizomaError } from '../../protocol/errors.ts';

/**
 * In which form objects write what they say to each other. Whoever changes it so that the version before would
 * read it wrong gives it the next number. A field more that may be absent is no such change.
 */
export const shape = 1;

/** What the first versions wrote has no number. */
export interface Shaped {
  readonly shape?: number;
}

const defaults = {
  /** A deployment reaches an object within seconds: it is restarted in the version of the Worker. */
  retryAfter_s: 5,
} as const;

/** Throws `unavailable` for another form, as there may be while two versions are deployed. */
export function demandShape(said: Shaped): void {
  if ((said.shape ?? 1) !== shape) {
    throw new RizomaError(
      'unavailable',
      'another version of the edge is being deployed, and its parts do not fit yet: try again',
      { retryAfter_s: defaults.retryAfter_s },
    );
  }
}
