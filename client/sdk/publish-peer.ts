import type { RizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { LayerCount } from './encodings.ts';
import { encodingsOf, sendUpTo } from './encodings.ts';
import type { PeerComponents } from './peer.ts';
import { Peer } from './peer.ts';
import { rejectingAnswer } from './rejecting-answer.ts';
import { withTimeout } from './with-timeout.ts';

/** What the server says to our offer. */
type Answer = { kind: 'taken'; sdp: string } | { kind: 'refused'; error: RizomaError };

export interface PublishPeerOptions {
  /** Upper bound of each video track, in bits/s. */
  maxVideoBitrate_bps: number;
}

/**
 * The connection of all that this client publishes: we offer. The msid of an m-section (RFC 8830)
 * tells the server to which stream it belongs, so each stream has a MediaStream of its own.
 */
export class PublishPeer extends Peer {
  readonly #options: PublishPeerOptions;
  readonly #transceivers = new Map<MediaStream, readonly RTCRtpTransceiver[]>();
  #answer: PromiseWithResolvers<Answer> | undefined;
  /** Changes of what is sent, one after the other: a sender takes one at a time. */
  #changes: Promise<void> = Promise.resolve();

  constructor(components: PeerComponents, options: PublishPeerOptions) {
    super(components);
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#transceivers.size === 0;
  }

  /** Ends when the server has answered; throws what it found wrong, and then holds none of it. */
  async add(media: MediaStream, layers: LayerCount): Promise<void> {
    this.#transceivers.set(
      media,
      media.getTracks().map((track) => this.#send(track, media, layers)),
    );
    try {
      await this.negotiations.run(() => this.#negotiate());
    } catch (error) {
      this.remove(media);
      throw error;
    }
  }

  /** Stops sending at once; the next offer says so (RFC 8829, section 4.2.4). */
  remove(media: MediaStream): void {
    const transceivers = this.#transceivers.get(media) ?? [];
    this.#transceivers.delete(media);
    if (!this.isClosed) {
      transceivers.forEach((transceiver) => this.#stop(transceiver));
    }
  }

  /** Sends the layers of its video up to this one, or none of it; its sound goes on. */
  sendUpTo(media: MediaStream, spatial: number | null): void {
    const video = (this.#transceivers.get(media) ?? []).filter(
      ({ sender }) => sender.track?.kind === 'video',
    );
    this.#changes = this.#changes
      .then(() => Promise.all(video.map(({ sender }) => sendUpTo(sender, spatial))))
      .then(() => undefined)
      // A sender that has stopped, or that cannot, goes on as it was.
      .catch(() => undefined);
  }

  /**
   * The first m-section is the one whose transport all others share (RFC 8843, section 7.1.3): where it is
   * stopped browsers begin another with its place, and all that is sent is lost. It stays, without a track.
   */
  #stop(transceiver: RTCRtpTransceiver): void {
    if (transceiver !== this.connection.getTransceivers()[0]) {
      transceiver.stop();
      return;
    }
    transceiver.direction = 'inactive';
    // Where it cannot be taken the connection has ended, and sends nothing either.
    transceiver.sender.replaceTrack(null).catch(() => undefined);
  }

  /** One report a track (W3C webrtc-stats). A track may be in several streams, so senders are asked. */
  stats(media: MediaStream): Promise<RTCStatsReport[]> {
    const transceivers = this.#transceivers.get(media) ?? [];
    return Promise.all(transceivers.map(({ sender }) => sender.getStats()));
  }

  handleAnswer(sdp: string): void {
    this.#answer?.resolve({ kind: 'taken', sdp });
  }

  handleError(error: RizomaError): void {
    this.#answer?.resolve({ kind: 'refused', error });
  }

  protected handleClosed(error: RizomaError): void {
    this.#answer?.resolve({ kind: 'refused', error });
    this.#transceivers.clear();
  }

  #send(track: MediaStreamTrack, media: MediaStream, layers: LayerCount): RTCRtpTransceiver {
    return this.connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [media],
      sendEncodings:
        track.kind === 'video' ? encodingsOf(layers, this.#options.maxVideoBitrate_bps) : [{}],
    });
  }

  async #negotiate(): Promise<void> {
    const answer = Promise.withResolvers<Answer>();
    this.#answer = answer;
    try {
      await this.connection.setLocalDescription(await this.connection.createOffer());
      // The server is ICE-lite and needs no candidates of ours (RFC 8445, section 2.5).
      this.describe({ type: 'offer', sdp: this.connection.localDescription?.sdp ?? '' });
      const limit_ms = defaults.answer_ms;
      const what = 'the answer to our offer';
      const answered = await withTimeout(this.clock, limit_ms, what, answer.promise);
      if (answered.kind === 'refused') {
        await this.#undo();
        throw answered.error;
      }
      await this.connection.setRemoteDescription({ type: 'answer', sdp: answered.sdp });
    } catch (error) {
      if (this.connection.signalingState !== 'stable') {
        // What the server now holds of it is not known, nor what is left to send on.
        this.handleBroken();
      }
      throw error;
    } finally {
      this.#answer = undefined;
    }
  }

  /** Goes back to what was agreed before the offer; where that is nothing, it ends. */
  async #undo(): Promise<void> {
    const { currentRemoteDescription, localDescription } = this.connection;
    if (currentRemoteDescription === null) {
      this.close();
      return;
    }
    const sdp = rejectingAnswer(localDescription?.sdp ?? '', currentRemoteDescription.sdp);
    await this.connection.setRemoteDescription({ type: 'answer', sdp });
  }
}
