import { RizomaError } from '../protocol/errors.ts';
import type { EdgeContext } from './app.ts';
import { createLog } from './log.ts';
import type { Trace } from './log.ts';

const log = createLog({ object: 'worker' });

/**
 * One line a request, with the pattern of its route: paths hold names of users, and queries and headers
 * whatever a caller puts there.
 */
export function logAnswer(context: EdgeContext): void {
  const { error } = context;
  log.info('a request was answered', {
    requestId: context.get('requestId'),
    method: context.req.method,
    route: context.get('route'),
    status: context.res.status,
    code: error instanceof RizomaError ? error.code : undefined,
    serviceId: context.get('serviceId'),
    ...context.get('happened'),
    took_ms: Date.now() - context.get('began_ms'),
  });
}

/** What calls and log lines that follow from a request carry. */
export function traceOf(context: EdgeContext): Trace {
  return { requestId: context.get('requestId') };
}
