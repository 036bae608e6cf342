import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The proxies of an operator, whose word on where a request came from is believed: `10.0.0.0/8,2001:db8::1`. */
export class TrustedProxies {
  readonly #networks = new BlockList();

  /** Throws an error that names the entry which is no address and no network. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const version = isIP(address);
      const most = version === 4 ? 32 : 128;
      const prefix = bits === undefined ? most : Number(bits);
      if (version === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > most) {
        throw new Error(`${entry} is neither an IP address nor a network`);
      }
      this.#networks.addSubnet(address, prefix, version === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /**
   * From where a request came: of its connection, or, where that is a trusted proxy, of the last address in
   * `X-Forwarded-For` that is none. What stands before that one anybody may have written.
   */
  clientOf(request: Pick<IncomingMessage, 'headers' | 'socket'>): string {
    const { 'x-forwarded-for': header = '' } = request.headers;
    const forwarded = String(header)
      .split(',')
      .map((one) => one.trim());
    let address = request.socket.remoteAddress ?? '';
    while (this.trusts(address)) {
      const next = forwarded.pop();
      if (next === undefined || isIP(next) === 0) {
        break;
      }
      address = next;
    }
    return address;
  }

  /** Whether its word is believed. */
  trusts(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#networks.check(address, version === 4 ? 'ipv4' : 'ipv6');
  }
}
