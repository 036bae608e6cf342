import { accessSync, constants, readFileSync } from 'node:fs';

const tun = '/dev/net/tun';

/** Capabilities that making namespaces and devices in them takes (linux/capability.h). */
const capabilities = { CAP_NET_ADMIN: 12, CAP_SYS_ADMIN: 21 } as const;

/** Why no WAN can be made here, in words for whoever wants one; undefined where it can. */
export function whyNoWan(): string | undefined {
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status())?.[1] ?? '0'}`);
  const lacking = Object.entries(capabilities)
    .filter(([, bit]) => ((held >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
  if (lacking.length > 0) {
    return `A WAN on one machine needs root (${lacking.join(', ')}), for network namespaces: run it with sudo.`;
  }
  try {
    accessSync(tun, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `A WAN on one machine needs ${tun}: load it with "modprobe tun", or give the container that device.`;
  }
}

function status(): string {
  return readFileSync('/proc/self/status', 'utf8');
}
