import { networkInterfaces } from 'node:os';

/**
 * Firefox takes no way from an address of this host to loopback, where local nodes are, and uses none
 * on loopback itself: they listen for its media on the first other address too, where there is one.
 */
export function clientAddress(): { RIZOMA_CLIENT_IP?: string } {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const first = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  return first === undefined ? {} : { RIZOMA_CLIENT_IP: first.address };
}
