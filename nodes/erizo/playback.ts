import type { Clock } from '../../protocol/clock.ts';
import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { VideoWish, WantedVideo, Wisher } from './layer-wish.ts';
import { foldWishes, wholeVideo, wishOfApp } from './layer-wish.ts';
import type { Consumer } from './media.ts';
import { PlayedTrack } from './played-track.ts';

/** How a subscriber gets a stream: what is muted or paused, which layers, key frames alone. */
export class Playback {
  readonly #clock: Clock;
  readonly #wishes = new Map<Wisher, VideoWish>();
  #isAudioMuted = false;
  #wanted: WantedVideo = wholeVideo;
  #tracks: readonly PlayedTrack[] = [];

  constructor(components: { clock: Clock }) {
    this.#clock = components.clock;
  }

  /** The video that suits all who have a wish. */
  get wanted(): WantedVideo {
    return this.#wanted;
  }

  /** What has to come of the stream for it, where those kinds of it are played. */
  need(kinds: { audio: boolean; video: boolean }): StreamNeed {
    const { paused, maxSpatial } = this.#wanted;
    return {
      audio: kinds.audio && !this.#isAudioMuted,
      video: kinds.video && !paused ? maxSpatial : null,
    };
  }

  /** Whether anything of what is played is to come at all. */
  get wantsMedia(): boolean {
    return this.#tracks.some((track) => !this.#isPaused(track.consumer));
  }

  /** The client is sent media by these from now on, as it was wished before. */
  start(consumers: readonly Consumer[]): void {
    this.close();
    this.#tracks = consumers.map((consumer) => new PlayedTrack({ clock: this.#clock, consumer }));
    this.#apply();
  }

  /** The whole of what the app says of the stream. */
  configure(config: StreamConfig): void {
    this.#isAudioMuted = config.muteStream?.audio === true;
    this.wish('app', wishOfApp(config));
  }

  /** Takes the place of the wisher's last one. */
  wish(who: Wisher, wish: VideoWish): void {
    this.#wishes.set(who, wish);
    this.#wanted = foldWishes(this.#wishes.values());
    this.#apply();
  }

  close(): void {
    for (const track of this.#tracks) {
      track.close();
    }
    this.#tracks = [];
  }

  #isPaused({ kind }: Consumer): boolean {
    return kind === 'audio' ? this.#isAudioMuted : this.#wanted.paused;
  }

  #apply(): void {
    for (const track of this.#tracks) {
      const video = track.consumer.kind === 'video' ? this.#wanted : wholeVideo;
      track.apply({ ...video, paused: this.#isPaused(track.consumer) });
    }
  }
}
