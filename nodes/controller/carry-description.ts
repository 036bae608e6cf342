import type { ConnectionMessage } from '../../protocol/contracts/client.ts';
import type { ClientSdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import type { Client } from './client.ts';

/**
 * Carries what a client says of one of its connections to the process that has it; resolves when that has dealt with it.
 * Licode answers such a message at once; what becomes of an offer follows as an event. Throws where it is not carried.
 */
export function carryDescription(
  log: Log,
  client: Client,
  { options }: ConnectionMessage,
): Promise<void> {
  const { connectionId, msg, browser } = options;
  client.browser = browser ?? client.browser;
  if (!client.connections.has(connectionId)) {
    throw new RizomaError('forbidden', `you have no connection ${connectionId}`);
  }
  if (msg.type === 'candidate') {
    return Promise.resolve();
  }
  client.limits.chargeDescription('sdp' in msg ? msg.sdp.length : 0);
  client.connections.said(connectionId, msg);
  return carry(log, client, connectionId, msg);
}

async function carry(
  log: Log,
  client: Client,
  connectionId: string,
  msg: ClientSdpMessage,
): Promise<void> {
  const erizo = client.connections.erizoOf(connectionId);
  if (erizo === undefined) {
    // It was for a process that is lost: the next one offers by itself, or is given the offer.
    return;
  }
  const params = { clientId: client.id, connectionId, msg };
  try {
    await erizo.rpc.call('processConnectionMessage', params);
  } catch (thrown) {
    const { code, message } = toRizomaError(thrown);
    log.warn({ clientId: client.id, connectionId, code }, 'connection message refused');
    if (code === 'link_down') {
      // The connection is lost with its process: its client hears `connection_failed`.
      return;
    }
    const evt = { type: 'error', previousType: msg.type, code, message };
    client.send('connection_message_erizo', { connectionId, info: 'error', evt });
  }
}
