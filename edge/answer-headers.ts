import { partialHeader } from '../protocol/contracts/rest.ts';
import type { EdgeContext } from './app.ts';

const exposed = ['X-Request-Id', 'Retry-After', 'WWW-Authenticate', partialHeader].join(',');

/**
 * The headers of every answer: its request id, and that pages of any origin may read it. They are set
 * on the answer when it is made; set before, each answer would be made twice, which costs more than to
 * route the request.
 */
export function setAnswerHeaders(context: EdgeContext): void {
  const { headers, status } = context.res;
  // The answer to an upgrade is the object's, and no page reads it.
  if (status !== 101) {
    headers.set('x-request-id', context.get('requestId'));
    headers.set('access-control-allow-origin', '*');
    headers.set('access-control-expose-headers', exposed);
  }
}
