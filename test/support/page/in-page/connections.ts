/** RTP that a page has received on all its connections, the closed ones included. */
export interface RtpCounts {
  /** Packets that never arrived, by their sequence numbers. */
  readonly lost: number;
  readonly packets: number;
  /** Video frames decoded. */
  readonly frames: number;
}

/** One simulcast layer that a page sends. */
export interface SentLayer {
  readonly rid: string;
  readonly bytes: number;
  readonly active: boolean;
  /** Index of the connection that sends it, in the order of their creation. */
  readonly connection: number;
}

/** Every peer connection that the page has created since `install()`. */
export class Connections {
  readonly #all: RTCPeerConnection[] = [];
  /** Latest counts by connection and SSRC: the browser drops the report of a stream that was replaced. */
  readonly #received = new Map<string, RtpCounts>();

  /** Replaces the page's RTCPeerConnection by one whose instances are registered here. */
  static install(): Connections {
    const connections = new Connections();
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...given: ConstructorParameters<typeof RTCPeerConnection>) {
        super(...given);
        connections.#all.push(this);
      }
    };
    return connections;
  }

  get isAnyConnected(): boolean {
    return this.#all.some(({ connectionState }) => connectionState === 'connected');
  }

  get openCount(): number {
    return this.#all.filter(({ signalingState }) => signalingState !== 'closed').length;
  }

  async received(): Promise<RtpCounts> {
    for (const [index, connection] of this.#all.entries()) {
      for (const entry of (await connection.getStats()).values()) {
        if (entry.type === 'inbound-rtp') {
          this.#received.set(`${index} ${entry.ssrc}`, {
            lost: entry.packetsLost ?? 0,
            packets: entry.packetsReceived ?? 0,
            frames: entry.framesDecoded ?? 0,
          });
        }
      }
    }
    const sums = { lost: 0, packets: 0, frames: 0 };
    for (const { lost, packets, frames } of this.#received.values()) {
      sums.lost += lost;
      sums.packets += packets;
      sums.frames += frames;
    }
    return sums;
  }

  /** Layers of the open connections, the lowest first. */
  async layersSent(): Promise<SentLayer[]> {
    const layers = new Map<string, SentLayer>();
    for (const [connection, one] of this.#all.entries()) {
      if (one.signalingState === 'closed') {
        continue;
      }
      for (const report of (await one.getStats()).values()) {
        if (report.type === 'outbound-rtp' && report.kind === 'video') {
          const { rid = '', bytesSent: bytes = 0, active = false } = report;
          layers.set(rid, { rid, bytes, active, connection });
        }
      }
    }
    return ['q', 'h', 'f'].flatMap((rid) => layers.get(rid) ?? []);
  }
}
