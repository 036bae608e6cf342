import type { BrowserContext, Page } from 'playwright-core';

declare global {
  interface Window {
    /** Every peer connection that the page has made. */
    peerConnections: RTCPeerConnection[];
    /** What was last read of each RTP stream: one that is replaced by another has no report any more. */
    rtpSeen: Map<string, RtpCounts>;
  }
}

/** What all connections of a page have received so far. */
export interface RtpCounts {
  /** Packets of RTP that never came, by their sequence numbers. */
  readonly lost: number;
  readonly packets: number;
  /** Frames of video that were decoded. */
  readonly frames: number;
}

/** Pages that the context opens from now on keep their connections to be counted. */
export async function keepConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    window.peerConnections = [];
    window.rtpSeen = new Map();
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given: ConstructorParameters<typeof RTCPeerConnection>) {
        super(...given);
        window.peerConnections.push(this);
      }
    };
  });
}

export function countRtp(page: Page): Promise<RtpCounts> {
  return page.evaluate(async () => {
    for (const [index, connection] of window.peerConnections.entries()) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp') {
          window.rtpSeen.set(`${index} ${entry.ssrc}`, {
            lost: entry.packetsLost ?? 0,
            packets: entry.packetsReceived ?? 0,
            frames: entry.framesDecoded ?? 0,
          });
        }
      }
    }
    const sums = { lost: 0, packets: 0, frames: 0 };
    for (const { lost, packets, frames } of window.rtpSeen.values()) {
      sums.lost += lost;
      sums.packets += packets;
      sums.frames += frames;
    }
    return sums;
  });
}
