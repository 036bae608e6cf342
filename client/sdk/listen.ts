import type { ConnectionMessageErizo } from '../../protocol/contracts/client.ts';
import type { ServerMessage } from './server-message.ts';
import { parseServerMessage } from './server-message.ts';
import type { Session } from './session.ts';

/** What a controller says of the room; what it says of a connection is for the connection. */
export type RoomMessage = Exclude<
  ServerMessage,
  { event: 'connection_message_erizo'; payload: ConnectionMessageErizo }
>;

export interface SessionListener {
  message(message: RoomMessage): void;
  /** There is nobody to ask for now. */
  away(reason: string): void;
  /** The controller did not come back at once. */
  lost(): void;
  back(): void;
  closed(reason: string): void;
}

/** What a controller says that is not ours any more counts for the connections that we have there, and no more. */
export function listen(
  session: Session,
  listener: SessionListener,
  isCurrent: () => boolean,
): void {
  const { channel } = session;
  const whenCurrent = <T>(run: (event: T) => void) => {
    return (event: T): void => (isCurrent() ? run(event) : undefined);
  };
  channel.on('message', ({ event, message }) => {
    const known = parseServerMessage(event, message);
    if (known?.event === 'connection_message_erizo') {
      session.media.connections.handleMessage(known.payload);
    } else if (known !== undefined && isCurrent()) {
      listener.message(known);
    }
  });
  channel.on(
    'reconnecting',
    whenCurrent(({ reason }: { reason: string }) => listener.away(reason)),
  );
  channel.on(
    'lost',
    whenCurrent(() => listener.lost()),
  );
  channel.on(
    'reconnected',
    whenCurrent(() => listener.back()),
  );
  channel.on(
    'closed',
    whenCurrent(({ reason }: { reason: string }) => listener.closed(reason)),
  );
}
