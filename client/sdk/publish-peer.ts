import type { RizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { PeerComponents } from './peer.ts';
import { Peer } from './peer.ts';
import { withTimeout } from './with-timeout.ts';

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
  #answer: PromiseWithResolvers<string> | undefined;

  constructor(components: PeerComponents, options: PublishPeerOptions) {
    super(components);
    this.#options = options;
  }

  get isIdle(): boolean {
    return this.#transceivers.size === 0;
  }

  /** Ends when the server has answered; throws what it found wrong, and then holds none of it. */
  async add(media: MediaStream): Promise<void> {
    this.#transceivers.set(
      media,
      media.getTracks().map((track) => this.#send(track, media)),
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
      for (const transceiver of transceivers) {
        transceiver.stop();
      }
    }
  }

  handleAnswer(sdp: string): void {
    this.#answer?.resolve(sdp);
  }

  handleError(error: RizomaError): void {
    this.#answer?.reject(error);
  }

  protected handleClosed(error: RizomaError): void {
    this.#answer?.reject(error);
    this.#transceivers.clear();
  }

  #send(track: MediaStreamTrack, media: MediaStream): RTCRtpTransceiver {
    const encoding =
      track.kind === 'video' ? { maxBitrate: this.#options.maxVideoBitrate_bps } : {};
    return this.connection.addTransceiver(track, {
      direction: 'sendonly',
      streams: [media],
      sendEncodings: [encoding],
    });
  }

  async #negotiate(): Promise<void> {
    const answer = Promise.withResolvers<string>();
    // It is awaited only once our own description is set, and may be refused before.
    answer.promise.catch(() => undefined);
    this.#answer = answer;
    try {
      await this.connection.setLocalDescription(await this.connection.createOffer());
      const sdp = this.connection.localDescription?.sdp ?? '';
      // The server is ICE-lite and needs no candidates of ours (RFC 8445, section 2.5).
      this.describe({ type: 'offer', sdp });
      const answered = await withTimeout(
        this.clock,
        defaults.answer_ms,
        'the answer to our offer',
        answer.promise,
      );
      await this.connection.setRemoteDescription({ type: 'answer', sdp: answered });
    } catch (error) {
      if (this.connection.signalingState === 'have-local-offer') {
        await this.connection.setLocalDescription({ type: 'rollback' });
      }
      throw error;
    } finally {
      this.#answer = undefined;
    }
  }
}
