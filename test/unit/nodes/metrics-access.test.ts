import { expect, it } from 'vitest';
import { mayReadMetrics } from '../../../nodes/metrics-access.ts';

const token = 'a secret of sixteen';

it.each([
  ['from loopback', '127.0.0.1', '127.0.0.1', {}, undefined, true],
  ['from loopback as IPv6 writes it', '::ffff:127.0.0.1', '127.3.0.1', {}, undefined, true],
  ['from the address at which the node listens', '10.0.0.1', '10.0.0.1', {}, undefined, true],
  ['from another host', '10.0.0.2', '10.0.0.1', {}, undefined, false],
  [
    'by way of a proxy',
    '127.0.0.1',
    '127.0.0.1',
    { 'x-forwarded-for': '1.2.3.4' },
    undefined,
    false,
  ],
  ['with the token', '10.0.0.2', '10.0.0.1', { authorization: `Bearer ${token}` }, token, true],
  ['with another token', '127.0.0.1', '127.0.0.1', { authorization: 'Bearer x' }, token, false],
  ['without the token', '127.0.0.1', '127.0.0.1', {}, token, false],
])(
  'a request %s may read the metrics as it should',
  (_how, remoteAddress, localAddress, headers, wanted, may) => {
    const socket = { remoteAddress, localAddress } as never;
    expect(mayReadMetrics({ headers, socket }, wanted)).toBe(may);
  },
);
