import * as v from 'valibot';
import { newUuid, RequestId } from '../protocol/ids.ts';
import type { EdgeContext } from './app.ts';

/** The name of the request: its caller's, where that is a name, or a new one. */
export function requestIdOf(context: EdgeContext): string {
  const named = context.req.header('x-request-id');
  const isName = named !== undefined && v.is(RequestId, named);
  return isName ? named : newUuid();
}
