import type { types } from 'mediasoup';
import type { Tap } from './media.ts';

const dependencyDescriptor =
  'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension';

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
    // The worker passes it on, under the router's id, to those also who are not told that it does.
    const { headerExtensions = [] } = router.rtpCapabilities;
    return {
      mimeType: codecs[0]?.mimeType ?? '',
      ssrcs: encodings.flatMap(({ ssrc }) => ssrc ?? []),
      descriptorId: headerExtensions.find(({ uri }) => uri === dependencyDescriptor)?.preferredId,
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
