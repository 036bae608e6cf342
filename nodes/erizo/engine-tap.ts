import type { types } from 'mediasoup';
import type { Tap } from './media.ts';

/** Copies the packets of a video to this process. */
export async function tapOf(producer: types.Producer, router: types.Router): Promise<Tap> {
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
    return {
      mimeType: codecs[0]?.mimeType ?? '',
      ssrcs: encodings.flatMap(({ ssrc }) => ssrc ?? []),
      begin: async (listener) => {
        consumer.on('rtp', listener);
        await consumer.resume();
      },
      close: () => transport.close(),
    };
  } catch (thrown) {
    transport.close();
    throw thrown;
  }
}
