import { RizomaError } from '../../protocol/errors.ts';
import type { Happening } from '../room/happenings.ts';
import { recordingGone, recordingStep } from '../room/recordings.ts';
import type { RecordingTold, Speaker } from './api.ts';
import type { RecordingsStore } from './recordings-store.ts';

export interface RoomRecordingsComponents {
  readonly store: RecordingsStore;
  readonly transaction: (write: () => void) => void;
  /** Whether that lease of that node holds the room. */
  readonly isHolder: (speaker: Speaker) => boolean;
  /** Told within the transaction. */
  readonly happened: (happenings: readonly Happening[]) => void;
}

/** The recordings of the room, as its controllers tell: what is news is written down with what follows. */
export class RoomRecordings {
  readonly #parts: RoomRecordingsComponents;

  constructor(components: RoomRecordingsComponents) {
    this.#parts = components;
  }

  /** Throws `not_found` for a controller that does not hold the room. */
  told(news: RecordingTold): null {
    const { store, transaction, isHolder, happened } = this.#parts;
    if (!isHolder(news)) {
      throw new RizomaError('not_found', 'this controller does not hold the room: enter it first');
    }
    const step = recordingStep(store.of(news.recording.id), news);
    if (step !== undefined) {
      transaction(() => {
        store.save(step.recording);
        happened([step.happening]);
      });
    }
    return null;
  }

  /** The controller has left the room, or the node has lost that lease: what was open there has failed. */
  drop(type: 'leave' | 'lost', speaker: Speaker): void {
    const { store, transaction, happened } = this.#parts;
    const steps = store.open(speaker).map((recording) => recordingGone(recording, 'node_lost'));
    transaction(() => {
      if (type === 'leave') {
        store.remove(speaker);
      } else {
        steps.forEach(({ recording }) => store.save(recording));
      }
      happened(steps.map(({ happening }) => happening));
    });
  }

  /** The room is no more: its controllers stop what is open. */
  end(): void {
    const { store, transaction, happened } = this.#parts;
    const steps = store.open().map((recording) => recordingGone(recording, 'room_deleted'));
    transaction(() => {
      store.clear();
      happened(steps.map(({ happening }) => happening));
    });
  }
}
