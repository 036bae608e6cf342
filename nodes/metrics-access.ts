import type { IncomingMessage } from 'node:http';
import { equalInConstantTime } from '../protocol/bytes.ts';

/** What proxies add, some of them only when they are told to. */
const proxyHeaders = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-real-ip',
] as const;

/**
 * Whether a request may read the metrics, which name rooms' sizes and cost more than any other page: with the bearer token of
 * `RIZOMA_METRICS_TOKEN`; where none is set, from the node's own host, and not by way of a proxy on it that says so: set the token where one stands before the node.
 */
export function mayReadMetrics(
  request: Pick<IncomingMessage, 'headers' | 'socket'>,
  token: string | undefined,
): boolean {
  const { authorization = '' } = request.headers;
  if (token !== undefined) {
    return equalInConstantTime(authorization, `Bearer ${token}`);
  }
  const { remoteAddress = '', localAddress } = request.socket;
  const isOwnHost = /^(::ffff:)?127\.|^::1$/.test(remoteAddress) || remoteAddress === localAddress;
  return isOwnHost && !proxyHeaders.some((name) => request.headers[name] !== undefined);
}
