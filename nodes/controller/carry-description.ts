import type { ConnectionMessage } from '../../protocol/contracts/client.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import type { Client } from './client.ts';

/**
 * Carries what a client says of one of its connections to the process that has it. Licode answers such
 * a message at once; what becomes of an offer follows as an event.
 */
export function carryDescription(log: Log, client: Client, { options }: ConnectionMessage): void {
  const { connectionId, msg, browser } = options;
  client.browser = browser ?? client.browser;
  if (!client.connections.has(connectionId)) {
    throw new RizomaError('forbidden', `you have no connection ${connectionId}`);
  }
  if (msg.type === 'candidate') {
    return;
  }
  client.connections.said(connectionId, msg);
  const erizo = client.connections.erizoOf(connectionId);
  if (erizo === undefined) {
    // It was for a process that is lost: the next one offers by itself, or is given the offer.
    return;
  }
  const params = { clientId: client.id, connectionId, msg };
  erizo.rpc.call('processConnectionMessage', params).catch((thrown: unknown) => {
    const { code, message } = toRizomaError(thrown);
    log.warn({ clientId: client.id, connectionId, code }, 'connection message refused');
    if (code === 'link_down') {
      // The connection is lost with its process: its client hears `connection_failed`.
      return;
    }
    const evt = { type: 'error', previousType: msg.type, code, message };
    client.send('connection_message_erizo', { connectionId, info: 'error', evt });
  });
}
