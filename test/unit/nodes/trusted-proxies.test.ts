import { describe, expect, it } from 'vitest';
import { TrustedProxies } from '../../../nodes/trusted-proxies.ts';
import { networkOf } from '../../../protocol/network-of.ts';

/** A request as far as it says where it came from. */
function clientOf(proxies: string[], from: string, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const socket = { remoteAddress: from } as never;
  return new TrustedProxies(proxies).clientOf({ headers, socket });
}

describe('the address of a client', () => {
  it.each([
    [[], '192.0.2.1', undefined, '192.0.2.1'],
    [[], '192.0.2.1', '198.51.100.1', '192.0.2.1'],
    [['10.0.0.0/8'], '10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [['10.0.0.0/8'], '10.1.2.3', undefined, '10.1.2.3'],
    // What stands before the proxy's own entry the client may have written.
    [['10.0.0.0/8'], '10.1.2.3', '203.0.113.7, 198.51.100.1', '198.51.100.1'],
    [['10.0.0.0/8'], '10.1.2.3', '198.51.100.1, 10.9.9.9', '198.51.100.1'],
    [['10.0.0.0/8'], '10.1.2.3', 'nonsense', '10.1.2.3'],
    [['10.0.0.0/8'], '::ffff:10.1.2.3', '198.51.100.1', '198.51.100.1'],
    [['2001:db8::1'], '2001:db8::1', '2001:db8:1::9', '2001:db8:1::9'],
  ])('with proxies %j, from %s, forwarded for %s, is %s', (proxies, from, forwarded, address) => {
    expect(clientOf(proxies, from, forwarded)).toBe(address);
  });

  it.each(['10.0.0.0/33', 'proxy', '', '::1/129', '10.0.0.0/x'])(
    'has no proxy that is called %j',
    (entry) => {
      expect(() => new TrustedProxies([entry])).toThrow('is neither an IP address nor a network');
    },
  );

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ])('%s counts as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
