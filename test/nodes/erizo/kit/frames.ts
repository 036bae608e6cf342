import type { Page } from 'playwright-core';
import * as v from 'valibot';

/** What passes in the page of a participant, frame by frame, as it is sent and before it is decoded. */

const Frame = v.strictObject({
  way: v.picklist(['sent', 'received']),
  /** Of the track, where it is received. */
  trackId: v.string(),
  ssrc: v.number(),
  /** Of RTP, in 1/90000 s; the same at the publisher and everywhere. */
  rtp: v.number(),
  isKey: v.boolean(),
});
export type Frame = v.InferOutput<typeof Frame>;

/** A track has left its MediaStream: the page shows no more of it. */
const Left = v.strictObject({ way: v.literal('left'), trackId: v.string() });

const Seen = v.variant('way', [Frame, Left]);
export type Seen = v.InferOutput<typeof Seen>;

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

export function framesOf(seen: readonly Seen[], way: Frame['way']): Frame[] {
  return seen.flatMap((one) => (one.way !== 'left' && one.way === way ? [one] : []));
}

/** How long what was sent was not received at a time, at the most: from the first frame that is missing to the next. */
export function longestGap_rtp(sent: readonly Frame[], received: readonly Frame[]): number {
  const came = new Set(received.map(({ rtp }) => rtp));
  const [first = 0, last = 0] = [received[0]?.rtp, received.at(-1)?.rtp];
  let longest = 0;
  let missingSince: number | undefined;
  for (const { rtp } of sent.filter((frame) => frame.rtp >= first && frame.rtp <= last)) {
    if (!came.has(rtp)) {
      missingSince ??= rtp;
    } else if (missingSince !== undefined) {
      longest = Math.max(longest, rtp - missingSince);
      missingSince = undefined;
    }
  }
  return longest;
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
