import { newUuid } from '../../protocol/ids.ts';
import type { Engine } from './engine.ts';
import type { RtpParameters } from './media.ts';
import { writeOffer } from './sdp/offer.ts';
import { readDescription } from './sdp/read.ts';
import { closeAll } from './wait.ts';

const codec = { mimeType: 'video/VP8', payloadType: 96, clockRate: 90_000 };
const track: RtpParameters = { codecs: [codec], encodings: [{ ssrc: 1 }] };

/**
 * Does once, with nobody waiting, what the first pull and the first subscription need: code is
 * compiled and the worker's memory is there when they come. It leaves nothing open.
 */
export async function warmUp(engine: Engine): Promise<void> {
  const [upstream, downstream, client] = await Promise.all([
    engine.pipeTransport(),
    engine.pipeTransport(),
    engine.webRtcTransport(),
  ]);
  try {
    await Promise.all([
      upstream.connect(downstream.endpoint),
      downstream.connect(upstream.endpoint),
    ]);
    const trackId = newUuid();
    const { id } = await upstream.produce({ trackId, kind: 'video', rtpParameters: track });
    await downstream.consume(id);
    const consumer = await client.consume(id, { mid: '0', paused: true });
    const state = { type: 'sending', streamId: 'warm', trackId } as const;
    const section = { mid: '0', kind: 'video', state, parameters: consumer.rtpParameters } as const;
    readDescription(writeOffer([section], client.local, { sessionId: '1', version: 1 }));
  } finally {
    closeAll([upstream, downstream, client]);
  }
}
