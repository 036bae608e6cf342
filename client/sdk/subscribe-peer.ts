import type { Cancel } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import { Arrivals } from './arrivals.ts';
import type { PeerComponents } from './peer.ts';
import { Peer } from './peer.ts';
import { summarize } from './stats.ts';

/** What a subscriber knows of a stream before its media is there. */
export interface TakenStream {
  readonly id: string;
  readonly kinds: readonly string[];
}

/**
 * The connection of all that this client subscribes to: the server offers, and the id of a
 * MediaStream in an offer (RFC 8830) is the id of the stream. Its label is the publisher's own word.
 */
export class SubscribePeer extends Peer {
  readonly #arrivals = new Arrivals<MediaStream>();
  /** Ids of the streams that are subscribed to over this connection. */
  readonly #taken = new Set<string>();
  /** What ends the pauses that are under way. */
  readonly #pauses = new Set<() => void>();

  constructor(components: PeerComponents) {
    super(components);
    this.connection.addEventListener('track', (event) => {
      for (const media of event.streams) {
        this.#arrivals.add(media.id, event.track.kind, media);
        media.onremovetrack = ({ track: { kind } }) => {
          // One that comes another way is in its place before it leaves.
          if (!media.getTracks().some((track) => track.kind === kind)) {
            this.#arrivals.remove(media.id, kind);
          }
        };
      }
    });
  }

  get isIdle(): boolean {
    return this.#taken.size === 0;
  }

  /** The media of a stream once all its kinds of track are there; throws `timeout`. */
  async take({ id, kinds }: TakenStream): Promise<MediaStream> {
    this.#taken.add(id);
    const arrived = Promise.withResolvers<MediaStream>();
    const stop = this.#arrivals.wait(id, kinds, arrived);
    const cancel: Cancel = this.clock.after(defaults.media_ms, () => {
      arrived.reject(new RizomaError('timeout', 'the server did not offer the stream'));
    });
    try {
      return await arrived.promise;
    } catch (error) {
      this.drop(id);
      throw error;
    } finally {
      cancel();
      stop();
    }
  }

  drop(streamId: string): void {
    this.#taken.delete(streamId);
  }

  /** Ends when a picture was decoded, or sound came where there is none; or after a while without. */
  async flows(media: MediaStream): Promise<void> {
    const withPicture = media.getVideoTracks().length > 0;
    for (let waited_ms = 0; waited_ms < defaults.flow_ms; waited_ms += defaults.flowLook_ms) {
      const { video, audio } = summarize('', 'in', await this.stats(media));
      const came = withPicture ? video?.frames : audio?.bytes;
      if (this.isClosed || (came ?? 0) > 0) {
        return;
      }
      await this.#pause(defaults.flowLook_ms);
    }
  }

  /** Ends after so long, or with the connection. */
  #pause(time_ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#pauses.delete(end);
        resolve();
      };
      const cancel = this.clock.after(time_ms, end);
      this.#pauses.add(end);
    });
  }

  /** One report a track (W3C webrtc-stats). */
  stats(media: MediaStream): Promise<RTCStatsReport[]> {
    const tracks = media.getTracks();
    const receivers = this.connection.getReceivers();
    return Promise.all(
      receivers.filter(({ track }) => tracks.includes(track)).map((one) => one.getStats()),
    );
  }

  /** Answers an offer of the server, after those that came before it. */
  async handleOffer(sdp: string): Promise<void> {
    await this.negotiations.run(async () => {
      await this.connection.setRemoteDescription({ type: 'offer', sdp });
      await this.connection.setLocalDescription(await this.connection.createAnswer());
      this.describe({ type: 'answer', sdp: this.connection.localDescription?.sdp ?? '' });
    });
  }

  protected handleClosed(error: RizomaError): void {
    this.#taken.clear();
    this.#arrivals.end(error);
    for (const end of this.#pauses) {
      end();
    }
  }
}
