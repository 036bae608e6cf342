import type { IncomingMessage } from 'node:http';
import { equalInConstantTime } from '../protocol/bytes.ts';

/**
 * Whether a request may read the metrics, which name rooms' sizes and cost more than any other page: with the bearer token of
 * `RIZOMA_METRICS_TOKEN`; where none is set, from the node's own host, and not by way of a proxy on it.
 */
export function mayReadMetrics(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  token: string | undefined,
): boolean {
  const { authorization = '', 'x-forwarded-for': forwarded } = request.headers;
  if (token !== undefined) {
    return equalInConstantTime(authorization, `Bearer ${token}`);
  }
  const { remoteAddress = '', localAddress } = request.socket;
  const isOwnHost = /^(::ffff:)?127\.|^::1$/.test(remoteAddress) || remoteAddress === localAddress;
  return isOwnHost && forwarded === undefined;
}
