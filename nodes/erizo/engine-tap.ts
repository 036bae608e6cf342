import type { types } from 'mediasoup';
import type { Tap } from './media.ts';

/** Copies the packets of a video to this process; a key frame is asked for with it. */
export async function tapOf(
  producer: types.Producer,
  router: types.Router,
  listener: (tapped: { mimeType: string; packet: Buffer }) => void,
): Promise<Tap> {
  const transport = await router.createDirectTransport();
  try {
    const consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities: router.rtpCapabilities,
      // All layers, as over a pipe.
      pipe: true,
      paused: true,
    });
    const { codecs, encodings = [] } = consumer.rtpParameters;
    const mimeType = codecs[0]?.mimeType ?? '';
    consumer.on('rtp', (packet) => listener({ mimeType, packet }));
    await consumer.resume();
    return {
      ssrcs: encodings.flatMap(({ ssrc }) => ssrc ?? []),
      close: () => transport.close(),
    };
  } catch (thrown) {
    transport.close();
    throw thrown;
  }
}
