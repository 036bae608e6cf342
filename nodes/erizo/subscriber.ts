import type { BandwidthAlert } from '../../protocol/adaptation.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { RtpStats, StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Adapted } from './adaptation/player.ts';
import type { VideoWish, WantedVideo, Wisher } from './layer-wish.ts';
import type { MediaKind, Producer } from './media.ts';
import { Playback } from './playback.ts';
import { PlayedSource } from './played-source.ts';
import type { Moved, Source, SourceEnd } from './source.ts';
import type { SectionOwner } from './slot.ts';
import type { SubscribeConnection } from './subscribe-connection.ts';
import { statsOf } from './stats.ts';
import { untilAborted } from './wait.ts';

export interface SubscriberOptions {
  streamId: string;
  audio: boolean;
  video: boolean;
  config: StreamConfig;
  /** It ended by itself after it had been ready. */
  onFailed: (why: 'upstream' | 'refused') => void;
  /** It gets less than its publisher wants, or enough again. */
  onAlert: (message: BandwidthAlert, bandwidth_bps: number) => void;
  /** Once for each track of it: the client is sent media. */
  onMedia: (kind: MediaKind) => void;
  /** Told once when it ends, however it does. */
  onEnd: (subscriber: Subscriber) => void;
}

type State = 'starting' | 'ready' | 'ended';

/** A stream that a client plays: from its source over the client's connection. */
export class Subscriber implements SectionOwner, Adapted {
  readonly streamId: string;
  readonly target: SubscribeConnection;
  readonly #options: SubscriberOptions;
  /** Ends what waits here when the subscription does. */
  readonly #abort = new AbortController();
  #why = new RizomaError('cancelled', 'the subscription has ended');
  #state: State = 'starting';
  readonly #played: PlayedSource;
  #video: Producer | undefined;
  /** As it was asked for, and changed since. */
  #config: StreamConfig;
  readonly #playback: Playback;

  constructor(
    components: { target: SubscribeConnection; clock: Clock },
    options: SubscriberOptions,
  ) {
    this.#config = options.config;
    this.#playback = new Playback(components);
    this.#playback.configure(options.config);
    this.target = components.target;
    this.streamId = options.streamId;
    this.#options = options;
    this.#played = new PlayedSource({
      need: this.#playback.need(options),
      move: (moved, hurry) => this.#goOver(moved, hurry),
      onEnded: (why, error) => this.#onSourceEnded(why, error),
    });
  }

  /** Resolves when media can flow. A start that fails leaves nothing behind. */
  async start(source: () => Source, signal: AbortSignal): Promise<void> {
    try {
      const either = AbortSignal.any([signal, this.#abort.signal]);
      await untilAborted(this.#run(source), either);
    } catch (thrown) {
      const ended = this.#state === 'ended';
      this.close();
      throw ended ? this.#why : thrown;
    }
  }

  /** What the change does not name stays; it counts once media can flow. */
  update(change: StreamConfig): void {
    this.#config = { ...this.#config, ...change };
    this.#playback.configure(this.#config);
    if (this.#state === 'ready') {
      this.#fit();
    }
    this.#settle();
  }

  /** What somebody beside the app wants of its video; it takes the place of the last such wish. */
  wish(who: Wisher, wish: VideoWish): void {
    this.#playback.wish(who, wish);
    this.#settle();
  }

  /** Its video as it comes in, once that is sent; undefined where it plays none. */
  get video(): Producer | undefined {
    return this.#video;
  }

  setPriority(weight: number): void {
    for (const consumer of this.target.consumersOf(this)) {
      if (consumer.kind === 'video') {
        // One whose track has just ended cannot be told, and need not be.
        consumer.setPriority(weight).catch(() => undefined);
      }
    }
  }

  alert(message: BandwidthAlert, bandwidth_bps: number): void {
    this.#options.onAlert(message, bandwidth_bps);
  }

  /** What goes to the client; undefined while nothing can. */
  async stats(): Promise<RtpStats[] | undefined> {
    if (this.#state !== 'ready') {
      return undefined;
    }
    return statsOf(this.target.consumersOf(this));
  }

  refused(): void {
    this.#endByItself('refused');
  }

  mediaBegan(kind: MediaKind): void {
    this.#options.onMedia(kind);
  }

  /** The connection has ended by itself. Answers whether the subscription was ready until then. */
  connectionFailed(): boolean {
    const wasReady = this.#state === 'ready';
    this.#why = new RizomaError('unavailable', 'ICE or DTLS has ended');
    this.close();
    return wasReady;
  }

  close(): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    this.target.adapter.remove(this);
    this.#playback.close();
    this.target.remove(this);
    // After its consumers: the source may end with its last user.
    this.#played.close();
    this.#abort.abort();
    this.#options.onEnd(this);
  }

  async #run(open: () => Source): Promise<void> {
    const source = open();
    this.#played.setNeed(this.#playback.need(this.#options));
    this.#played.begin(source);
    // Its picture is asked for with the stream: it is under way for longer than the offer.
    const atOnce = source.wan && this.target.isReady && this.#config.muteStream === undefined;
    this.#played.setActive(atOnce);
    const wanted = this.#wantedOf(await source.tracks);
    if (wanted.length === 0) {
      throw new RizomaError('not_found', 'the stream has none of the media that were asked for');
    }
    await this.target.send(this, wanted, { atOnce });
    await this.target.connection.connected;
    if (this.#state === 'starting') {
      this.#state = 'ready';
      this.#play(wanted);
      this.#played.ready();
    }
  }

  /** The client has taken these. */
  #play(producers: readonly Producer[]): void {
    this.#video = producers.find(({ kind }) => kind === 'video');
    this.#playback.start(this.target.consumersOf(this));
    this.#fit();
    this.#settle();
  }

  #wantedOf(tracks: readonly Producer[]): Producer[] {
    const { audio, video } = this.#options;
    return tracks.filter(({ kind }) => (kind === 'audio' ? audio : video));
  }

  async #goOver({ to, overlap }: Moved, hurry: AbortSignal): Promise<void> {
    const tracks = this.#wantedOf(await to.tracks);
    const wanted = (): WantedVideo => this.#playback.wanted;
    await this.target.moves.move(this, tracks, { overlap, hurry, wanted });
    if (this.#state === 'ready') {
      this.#play(tracks);
    }
  }

  #onSourceEnded(why: SourceEnd, error: RizomaError): void {
    this.#why = error;
    if (why === 'upstream' && this.#state === 'ready' && this.target.waits) {
      this.target.keep(this);
    }
    this.#endByItself(why === 'upstream' ? 'upstream' : undefined);
  }

  /** What it needs of its source now, which may have to come from far. */
  #settle(): void {
    this.#played.setNeed(this.#playback.need(this.#options));
    if (this.#state === 'ready') {
      this.#played.setActive(this.#playback.wantsMedia);
    }
  }

  /** Its connection carries it as its config says. */
  #fit(): void {
    this.target.limit.set(this, this.#config.maxVideo_kbps);
    this.target.adapter.set(this, this.#config);
  }

  #endByItself(why: 'upstream' | 'refused' | undefined): void {
    const wasReady = this.#state === 'ready';
    this.close();
    if (wasReady && why !== undefined) {
      this.#options.onFailed(why);
    }
  }
}
