/**
 * What counts as one address: of IPv6 the network (RFC 4291, section 2.5.4: 64 bits), in which one customer has as many
 * as it likes; of an IPv4 address that is written as IPv6 (section 2.5.5.2) the IPv4 one.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:([0-9.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) {
    return mapped;
  }
  if (!address.includes(':') || address.includes('.')) {
    return address;
  }
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
