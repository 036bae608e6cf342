import { RizomaError } from '../protocol/errors.ts';
import { hasDotSegments } from '../protocol/path-segment.ts';
import type { EdgeContext } from './app.ts';

/** Throws `bad_request` for a path with a `.` or `..` segment: a proxy or a handler may resolve it to another path. */
export function refuseDots({ req }: EdgeContext): void {
  if (hasDotSegments(req.path)) {
    throw new RizomaError('bad_request', 'a path has no . or .. as a segment, encoded or not');
  }
}
