import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { EdgeLog } from '../log.ts';
import type { ProvenPresence } from '../room/claims.ts';
import type {
  ParticipantsEvent,
  ParticipantsState,
  ParticipantsStep,
} from '../room/participants.ts';
import { countOf, participantsStep } from '../room/participants.ts';
import type { MovedClient, Speaker } from './api.ts';
import type { ParticipantsStore } from './participants-store.ts';

export interface RoomParticipantsComponents {
  readonly store: ParticipantsStore;
  readonly transaction: (write: () => void) => void;
  /** Whether that lease of that node holds the room. */
  readonly isHolder: (speaker: Speaker) => boolean;
  /** These clients of that node are at another one too, which has newer tickets of theirs. */
  readonly moved: (nodeId: string, clients: MovedClient[]) => void;
  /** Told within the transaction. */
  readonly changed: (before: ParticipantsState, step: ParticipantsStep) => void;
  readonly log: EdgeLog;
}

/** Who is in the room, as its controllers tell: steps the state and stores it. */
export class RoomParticipants {
  readonly #parts: RoomParticipantsComponents;
  #state: ParticipantsState | undefined;
  /** How many are stored, while the state was not read. */
  #stored: number | undefined;

  constructor(components: RoomParticipantsComponents) {
    this.#parts = components;
  }

  /** Read when it is first asked for: those who come for tokens alone need not wait for it. */
  get state(): ParticipantsState {
    this.#state ??= this.#parts.store.load();
    return this.#state;
  }

  /** Whether nobody more may come in. */
  get isFull(): boolean {
    const { store } = this.#parts;
    const count =
      this.#state === undefined ? (this.#stored ??= store.count()) : countOf(this.#state);
    return count >= limits.participantsPerRoom;
  }

  /** Throws `not_found` for a controller that does not hold the room. */
  told(news: Speaker & { region: string; presence: ProvenPresence }): 'ok' | 'again' {
    if (!this.#parts.isHolder(news)) {
      throw new RizomaError('not_found', 'this controller does not hold the room: enter it first');
    }
    return this.#step({ type: 'told', ...news });
  }

  /** The controller has left the room, or the node has lost that lease. */
  drop(type: 'leave' | 'lost', { nodeId, lease }: Speaker): void {
    this.#step({ type, nodeId, lease });
  }

  /** The room is no more: everybody has left. */
  end(): void {
    for (const [nodeId, { lease }] of this.state) {
      this.#step({ type: 'leave', nodeId, lease });
    }
  }

  #step(event: ParticipantsEvent): 'ok' | 'again' {
    const { store, transaction, changed, moved, log } = this.#parts;
    const before = this.state;
    const step = participantsStep(before, event);
    if (step.state !== before) {
      const { nodeId } = event;
      transaction(() => {
        store.save(nodeId, before.get(nodeId), step.state.get(nodeId));
        changed(before, step);
      });
      this.#state = step.state;
    }
    for (const [nodeId, clients] of step.moved) {
      moved(nodeId, clients);
    }
    if (step.surplus > 0) {
      const { surplus } = step;
      log.warn('participants are not listed, as the room is full', {
        nodeId: event.nodeId,
        surplus,
      });
    }
    if (step.answer === 'again') {
      log.warn('news of participants are missing', { nodeId: event.nodeId });
    }
    return step.answer;
  }
}
