import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { Seen } from './seen.ts';

interface Watched {
  seen: unknown[];
}

/** To be called before the page has a connection. */
export async function watchFrames(page: Page): Promise<void> {
  await page.evaluate(install);
}

/** All that was seen so far, in order. */
export async function seenIn(page: Page): Promise<Seen[]> {
  const seen = await page.evaluate(() => (globalThis as unknown as Watched).seen);
  return v.parse(v.array(Seen), seen);
}

/** What runs in the page. */
function install(): void {
  const seen: unknown[] = [];
  Object.assign(globalThis, { seen });
  const code = `onrtctransform = ({ transformer: { readable, writable, options } }) => {
    const look = new TransformStream({
      transform(frame, controller) {
        const { synchronizationSource: ssrc, rtpTimestamp } = frame.getMetadata();
        postMessage({ ...options, ssrc, rtp: rtpTimestamp ?? frame.timestamp, isKey: frame.type === 'key' });
        controller.enqueue(frame);
      },
    });
    readable.pipeThrough(look).pipeTo(writable);
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([code])));
  worker.addEventListener('message', ({ data }) => seen.push(data));
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('track', ({ track: { kind, id: trackId }, streams, receiver }) => {
        if (kind !== 'video') {
          return;
        }
        // It comes again when the track goes into another MediaStream.
        receiver.transform ??= new RTCRtpScriptTransform(worker, { way: 'received', trackId });
        for (const stream of streams) {
          stream.addEventListener('removetrack', ({ track }) => {
            if (track.id === trackId) {
              seen.push({ way: 'left', trackId });
            }
          });
        }
      });
    }

    override addTransceiver(
      track: MediaStreamTrack | string,
      init?: RTCRtpTransceiverInit,
    ): RTCRtpTransceiver {
      const transceiver = super.addTransceiver(track, init);
      if (transceiver.sender.track?.kind === 'video') {
        const options = { way: 'sent', trackId: '' };
        transceiver.sender.transform = new RTCRtpScriptTransform(worker, options);
      }
      return transceiver;
    }
  };
}
