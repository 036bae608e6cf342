import type { Server, Socket } from 'node:net';
import type { Clock } from '../protocol/clock.ts';
import { networkOf } from '../protocol/network-of.ts';
import type { Log } from './log.ts';
import { SummedLog } from './summed-log.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

export interface ConnectionBounds {
  /** Connections of one address at a time; of trusted proxies, which speak for many, there may be any number. */
  perAddress: number;
  /** Connections at a time. */
  all: number;
}

export const connectionBounds: ConnectionBounds = {
  /** A school behind one NAT. */
  perAddress: 2_000,
  /** Ten of them: more than one controller serves. An idle connection takes some 10 KiB. */
  all: 20_000,
};

/** Closes what connects to the server past its bounds, before anything is read of it. */
export function boundConnections(
  components: { server: Server; clock: Clock; log: Log; trustedProxies: TrustedProxies },
  { perAddress, all }: ConnectionBounds,
): void {
  const { server, trustedProxies } = components;
  const refusals = new SummedLog(components);
  const counts = new Map<string, number>();
  server.maxConnections = all;
  server.on('drop', () => refuse('all', undefined));
  server.on('close', () => refusals.close());
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket;
    if (trustedProxies.trusts(remoteAddress)) {
      return;
    }
    const address = networkOf(remoteAddress);
    const open = counts.get(address) ?? 0;
    if (open >= perAddress) {
      refuse('address', address);
      socket.destroy();
      return;
    }
    counts.set(address, open + 1);
    socket.once('close', () => leave(address));
  });

  function leave(address: string): void {
    const open = (counts.get(address) ?? 0) - 1;
    if (open > 0) {
      counts.set(address, open);
    } else {
      counts.delete(address);
    }
  }

  function refuse(of: 'all' | 'address', address: string | undefined): void {
    const words =
      'connection refused: too many are open. Name your proxies in RIZOMA_TRUSTED_PROXIES';
    refusals.write('warn', of, { of, address, most: of === 'all' ? all : perAddress }, words);
  }
}
