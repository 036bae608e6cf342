import type { types } from 'mediasoup';
import { limits } from '../../protocol/limits.ts';

/** How loud a track is, in dBov: 0 is the loudest (RFC 6464, section 3). */
export interface TrackLevel {
  producerId: string;
  level_dBov: number;
}

export interface AudioListener {
  /** The loudest first; none where all are quiet. */
  levels(levels: readonly TrackLevel[]): void;
  /** Who speaks is another one. */
  speaker(producerId: string): void;
}

const defaults = {
  /** How often levels are told: a meter still seems alive. */
  interval_ms: 500,
  /**
   * What is quieter is silence. Levels are means with the pauses in them: a beep twice a second was
   * measured as -77 to -71, and a microphone that is off is -127.
   */
  threshold_dBov: -100,
} as const;

/** Listens to tracks of the router by the level that each packet carries; it decodes nothing. */
export class AudioObserver {
  readonly #levels: types.AudioLevelObserver;
  readonly #speaker: types.ActiveSpeakerObserver;

  private constructor(levels: types.AudioLevelObserver, speaker: types.ActiveSpeakerObserver) {
    this.#levels = levels;
    this.#speaker = speaker;
  }

  static async create(router: types.Router, listener: AudioListener): Promise<AudioObserver> {
    const { interval_ms: interval, threshold_dBov: threshold } = defaults;
    const maxEntries = limits.audioLevels;
    const [levels, speaker] = await Promise.all([
      router.createAudioLevelObserver({ interval, maxEntries, threshold }),
      router.createActiveSpeakerObserver(),
    ]);
    levels.on('volumes', (volumes) =>
      listener.levels(
        volumes.map(({ producer, volume }) => ({ producerId: producer.id, level_dBov: volume })),
      ),
    );
    levels.on('silence', () => listener.levels([]));
    speaker.on('dominantspeaker', ({ producer }) => listener.speaker(producer.id));
    return new AudioObserver(levels, speaker);
  }

  /** From now on it listens to the track, until that closes. */
  add(producerId: string): void {
    for (const observer of [this.#levels, this.#speaker]) {
      // A track that has closed meanwhile says nothing.
      observer.addProducer({ producerId }).catch(() => undefined);
    }
  }

  close(): void {
    this.#levels.close();
    this.#speaker.close();
  }
}
