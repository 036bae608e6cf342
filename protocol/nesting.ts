import { RizomaError } from './errors.ts';
import { limits } from './limits.ts';

/**
 * Throws `bad_request` where a value of JSON is nested deeper than so many levels: `1` has none, `[1]` one,
 * `[[1]]` two; or where it has more arrays and objects than `groups`, each of which costs as much as some hundred characters.
 * To encode or compare such a value later could exhaust the stack, so each border that takes JSON of
 * strangers calls this first. It does not recurse itself.
 */
export function checkNesting(
  value: unknown,
  what: string,
  most: number = limits.nesting,
  groups: number = Number.POSITIVE_INFINITY,
): void {
  let level: readonly object[] = isGroup(value) ? [value] : [];
  let count = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === most) {
      throw new RizomaError('bad_request', `${what} is nested deeper than ${most} levels`);
    }
    count += level.length;
    if (count > groups) {
      throw new RizomaError('bad_request', `${what} has more than ${groups} arrays and objects`);
    }
    level = level.flatMap((group) => Object.values(group).filter(isGroup));
  }
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
