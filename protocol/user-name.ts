import * as v from 'valibot';
import { limits } from './limits.ts';
import { whyNoSegment } from './path-segment.ts';

/** A user's name, by which apps find and remove users: `DELETE /rooms/:room/users/:user`. */
export const UserName = v.pipe(
  v.string(),
  v.minLength(1),
  v.maxLength(limits.name_chars),
  v.check(
    (name) => name === '' || whyNoSegment(name) === undefined,
    (issue) => `a name ${whyNoSegment(issue.input)}: the user could not be named in a path`,
  ),
);
