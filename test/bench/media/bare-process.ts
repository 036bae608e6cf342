import type { types } from 'mediasoup';
import { createWorker } from 'mediasoup';
import { mediaCodecs } from '../../../nodes/erizo/media-codecs.ts';
import type { BareAsk } from './bare-side.ts';

/** mediasoup and nothing around it, in a process of its own: it does what its parent asks. */
const workerBin = process.env['MEDIASOUP_WORKER_BIN'];
const worker = await createWorker({
  logLevel: 'error',
  ...(workerBin === undefined ? {} : { workerBin }),
});
const server = await worker.createWebRtcServer({
  listenInfos: [{ protocol: 'udp', ip: process.argv[2] ?? '127.0.0.1' }],
});
const router = await worker.createRouter({ mediaCodecs });
const transports = new Map<string, types.WebRtcTransport>();

async function answer(ask: BareAsk): Promise<unknown> {
  switch (ask.method) {
    case 'pid':
      return worker.pid;
    case 'transport': {
      const transport = await router.createWebRtcTransport({
        webRtcServer: server,
        initialAvailableOutgoingBitrate: 1_000_000,
      });
      transports.set(transport.id, transport);
      const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
      await transport.connect({
        dtlsParameters: {
          role: ask.role,
          fingerprints: [{ algorithm: 'sha-256', value: ask.fingerprint }],
        },
      });
      const [candidate] = iceCandidates;
      return {
        id,
        ufrag: iceParameters.usernameFragment,
        pwd: iceParameters.password,
        ip: candidate?.ip,
        port: candidate?.port,
        fingerprint: dtlsParameters.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')
          ?.value,
      };
    }
    case 'produce': {
      const { kind, rtpParameters } = ask;
      const producer = await transports.get(ask.transportId)?.produce({ kind, rtpParameters });
      return producer?.id;
    }
    case 'consume': {
      const { producerId } = ask;
      const { rtpCapabilities } = router;
      await transports.get(ask.transportId)?.consume({ producerId, rtpCapabilities });
      return null;
    }
    case 'close':
      transports.get(ask.transportId)?.close();
      transports.delete(ask.transportId);
      return null;
  }
}

process.on('message', ({ id, ask }: { id: number; ask: BareAsk }) => {
  void answer(ask).then((result) => process.send?.({ id, result }));
});
process.on('disconnect', () => process.exit());
process.send?.({ id: 0, result: null });
