import type { StreamMessage } from '../../protocol/contracts/client.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Client } from './client.ts';
import { erizoOf } from './flow.ts';

/**
 * Licode: `onStreamMessage`. Throws `not_found` for a stream that the client neither publishes nor
 * receives, and `unknown_method` for `control`, which switches handlers of Licode's own media engine.
 */
export async function changeStream(client: Client, { options }: StreamMessage): Promise<void> {
  const { streamId, msg } = options;
  if (msg.type === 'control') {
    client.demand('controlhandlers', {});
    throw new RizomaError('unknown_method', 'there are no handlers here that could be switched');
  }
  const flow = client.publications.get(streamId) ?? client.subscriptions.get(streamId);
  if (flow === undefined) {
    throw new RizomaError('not_found', `you neither publish nor receive stream ${streamId}`);
  }
  const params = { clientId: client.id, streamId, config: msg.config };
  await erizoOf(flow)?.rpc.call('processStreamMessage', params);
}
