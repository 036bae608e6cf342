import { networkInterfaces } from 'node:os';

/**
 * The first IPv4 address of this host that is not on loopback. Firefox takes no way from an address of this
 * host to loopback, where local nodes are, and uses none on loopback itself: so they listen for its media
 * there too, where there is one.
 */
export function otherAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
}
