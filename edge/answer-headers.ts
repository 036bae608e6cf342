import { partialHeader } from '../protocol/contracts/rest.ts';
import type { EdgeContext } from './app.ts';

const exposed = ['X-Request-Id', 'Retry-After', 'WWW-Authenticate', partialHeader].join(',');

/**
 * The headers of every answer: its request id, and that pages of any origin may read it. They are set
 * on the answer when it is made; set before, each answer would be made twice, which costs more than to
 * route the request.
 */
export function setAnswerHeaders(context: EdgeContext): void {
  const { res } = context;
  // The answer to an upgrade is the object's, and no page reads it.
  if (res.status !== 101 && res !== context.get('whole')) {
    const { headers } = res;
    headers.set('x-request-id', context.get('requestId'));
    headers.set('access-control-allow-origin', '*');
    headers.set('access-control-expose-headers', exposed);
  }
}

/** An answer with all its headers from the start, for what is asked most: to set them one by one takes longer. */
export function jsonAnswer(context: EdgeContext, json: string): Response {
  const whole = new Response(json, {
    headers: {
      'content-type': 'application/json',
      'x-request-id': context.get('requestId'),
      'access-control-allow-origin': '*',
      'access-control-expose-headers': exposed,
    },
  });
  context.set('whole', whole);
  return whole;
}
