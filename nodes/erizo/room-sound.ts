import type { AudioLevel } from '../../protocol/contracts/controller-erizo.ts';
import type { SpeakerChoice } from './speaker-choice.ts';
import { dominates, forgotten, heard, nobodySpeaks } from './speaker-choice.ts';
import type { AudioListener, AudioObserver, TrackLevel } from './engine-audio.ts';

/** What whoever listens is told of a room. */
export interface SoundListener {
  speaker(roomId: string, streamId: string): void;
  levels(roomId: string, levels: AudioLevel[]): void;
}

type Observer = Pick<AudioObserver, 'add' | 'close'>;
export type Observe = (listener: AudioListener) => Promise<Observer>;

/** Who is heard in a room, of the streams that this process has; observed while somebody listens. */
export class RoomSound implements AudioListener {
  readonly #observe: Observe;
  readonly #roomId: string;
  /** The streams by the ids of their audio tracks. */
  readonly #tracks = new Map<string, string>();
  /** By who asked: a client, or what chooses its videos; clients of one controller share one. */
  readonly #listeners = new Map<string, SoundListener>();
  #observer: Promise<Observer | undefined> | undefined;
  #choice: SpeakerChoice = nobodySpeaks;

  constructor(components: { observe: Observe }, options: { roomId: string }) {
    this.#observe = components.observe;
    this.#roomId = options.roomId;
  }

  get isIdle(): boolean {
    return this.#tracks.size + this.#listeners.size === 0;
  }

  /** Its tracks from now on. */
  add(streamId: string, producerIds: readonly string[]): void {
    this.#forgetTracks(streamId);
    for (const producerId of producerIds) {
      this.#tracks.set(producerId, streamId);
      void this.#observer?.then((observer) => observer?.add(producerId));
    }
  }

  /** Its tracks have closed. */
  remove(streamId: string): void {
    this.#forgetTracks(streamId);
    this.#choice = forgotten(this.#choice, streamId);
  }

  /** The client listens until it is forgotten; it is told at once who speaks. */
  listen(clientId: string, listener: SoundListener): void {
    if (this.#listeners.has(clientId)) {
      return;
    }
    this.#listeners.set(clientId, listener);
    this.#observer ??= this.#begin();
    const { speaker } = this.#choice;
    if (speaker !== undefined) {
      listener.speaker(this.#roomId, speaker);
    }
  }

  forget(clientId: string): void {
    if (this.#listeners.delete(clientId) && this.#listeners.size === 0) {
      void this.#observer?.then((observer) => observer?.close());
      this.#observer = undefined;
      this.#choice = nobodySpeaks;
    }
  }

  levels(tracks: readonly TrackLevel[]): void {
    const levels = tracks.flatMap(({ producerId, level_dBov }) => {
      const streamId = this.#tracks.get(producerId);
      return streamId === undefined ? [] : [{ streamId, level_dBov }];
    });
    for (const listener of new Set(this.#listeners.values())) {
      listener.levels(this.#roomId, levels);
    }
    this.#choose(
      heard(
        this.#choice,
        levels.map(({ streamId }) => streamId),
      ),
    );
  }

  speaker(producerId: string): void {
    const streamId = this.#tracks.get(producerId);
    if (streamId !== undefined) {
      this.#choose(dominates(streamId));
    }
  }

  #choose(choice: SpeakerChoice): void {
    const { speaker: before } = this.#choice;
    this.#choice = choice;
    const { speaker } = choice;
    if (speaker === undefined || speaker === before) {
      return;
    }
    for (const listener of new Set(this.#listeners.values())) {
      listener.speaker(this.#roomId, speaker);
    }
  }

  #forgetTracks(streamId: string): void {
    for (const [producerId, of] of this.#tracks) {
      if (of === streamId) {
        this.#tracks.delete(producerId);
      }
    }
  }

  async #begin(): Promise<Observer | undefined> {
    try {
      const observer = await this.#observe(this);
      for (const producerId of this.#tracks.keys()) {
        observer.add(producerId);
      }
      return observer;
    } catch {
      // The worker is gone, and the process with it.
      return undefined;
    }
  }
}
