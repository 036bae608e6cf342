import type { StrategyId } from '../../../protocol/priorities.ts';
import { hasSpeaker } from '../../../protocol/priorities.ts';
import type { Sound } from '../sound.ts';

/** Hears who speaks in the room of a client, while the strategy of its connections asks for that. */
export class SpeakerEar {
  readonly #sound: Pick<Sound, 'listen' | 'forget'>;
  /** Among those who listen; the client may listen itself under its own name. */
  readonly #name: string;
  readonly #onSpeaker: (streamId: string) => void;
  #strategy: StrategyId | undefined;
  #roomId: string | undefined;

  constructor(
    components: { sound: Pick<Sound, 'listen' | 'forget'> },
    options: { clientId: string; onSpeaker: (streamId: string) => void },
  ) {
    this.#sound = components.sound;
    this.#name = `strategy of ${options.clientId}`;
    this.#onSpeaker = options.onSpeaker;
  }

  /** The client plays something of the room. */
  in(roomId: string): void {
    this.#roomId = roomId;
    this.#listen();
  }

  setStrategy(strategy: StrategyId | undefined): void {
    this.#strategy = strategy;
    this.#listen();
  }

  close(): void {
    this.#sound.forget(this.#name);
  }

  #listen(): void {
    if (!hasSpeaker(this.#strategy)) {
      this.close();
    } else if (this.#roomId !== undefined) {
      this.#sound.listen(this.#roomId, this.#name, {
        speaker: (_roomId, streamId) => this.#onSpeaker(streamId),
        levels: () => undefined,
      });
    }
  }
}
