import type { ParamsOf } from '../../protocol/contract.ts';
import type { ErizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { Client } from './client.ts';

/** What an ErizoJS process tells of what a client's connections can take. */
export type BandwidthNews =
  | { is: 'alert'; news: ParamsOf<ErizoToController, 'bandwidthAlert'> }
  | { is: 'quality'; news: ParamsOf<ErizoToController, 'qualityLevel'> };

/** In Licode's words. */
export function tellBandwidth(client: Client, said: BandwidthNews): void {
  if (said.is === 'alert') {
    const { streamId: streamID, message, bandwidth_bps: bandwidth } = said.news;
    client.send('onBandwidthAlert', { streamID, message, bandwidth });
  } else {
    const { connectionId, level } = said.news;
    const evt = { type: 'quality_level', level };
    client.send('connection_message_erizo', { connectionId, evt });
  }
}
