import { Server } from 'socket.io';
import { onTestFinished, vi } from 'vitest';

/** As much of engine.io and `ws` as shows what a controller keeps for its clients. */
interface Connection {
  readonly writeBuffer: readonly { readonly data?: string }[];
  readonly transport: { readonly socket: { readonly bufferedAmount: number; isPaused: boolean } };
}

/** The sockets of controllers that are made from now on, until the test is over. */
export function controllerSockets() {
  const servers: Server[] = [];
  const attach = Server.prototype.attach;
  const spy = vi.spyOn(Server.prototype, 'attach').mockImplementation(function (
    this: Server,
    ...args
  ) {
    servers.push(this);
    return attach.apply(this, args);
  });
  onTestFinished(() => spy.mockRestore());
  const connections = (): Connection[] =>
    servers.flatMap(
      ({ engine }) =>
        Object.values((engine as unknown as { clients: object }).clients) as Connection[],
    );
  return {
    /** The most that is kept to be sent to one client. */
    mostUnsent_bytes: (): number => Math.max(0, ...connections().map(unsent)),
    /** Whether some client is not read for now. */
    someWaits: (): boolean => connections().some(({ transport }) => transport.socket.isPaused),
  };
}

function unsent({ writeBuffer, transport }: Connection): number {
  const waiting = writeBuffer.reduce((sum, { data = '' }) => sum + data.length, 0);
  return waiting + transport.socket.bufferedAmount;
}
