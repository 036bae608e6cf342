import type { BrowserContext, Page } from 'playwright-core';

declare global {
  interface Window {
    /** Every peer connection that the page has made. */
    peerConnections: RTCPeerConnection[];
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
    const sums = { lost: 0, packets: 0, frames: 0 };
    for (const connection of window.peerConnections) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp') {
          sums.lost += entry.packetsLost ?? 0;
          sums.packets += entry.packetsReceived ?? 0;
          sums.frames += entry.framesDecoded ?? 0;
        }
      }
    }
    return sums;
  });
}
