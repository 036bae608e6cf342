import { limits } from '../../protocol/limits.ts';
import type { ProvenLeavings } from '../room/claims.ts';
import type { LeavingsState } from '../room/leavings.ts';
import { leavingsAfter, noLeavings } from '../room/leavings.ts';
import type { LeavingsStore } from './leavings-store.ts';

export interface RoomLeavingsComponents {
  readonly store: LeavingsStore;
  readonly transaction: (write: () => void) => void;
  /** Whether the client is in the room by a ticket that was made after that time. */
  readonly isPresentSince: (clientId: string, enteredAt_ms: number) => boolean;
  readonly now: () => number;
}

const bounds = {
  keep_ms: limits.absence_ttl_s * 1000,
  limit: limits.leavings,
  skew_ms: limits.clockSkew_s * 1000,
} as const;

/** Who left the room for good, as its controllers tell: they do not come in again without a token. */
export class RoomLeavings {
  readonly #parts: RoomLeavingsComponents;
  #state: LeavingsState | undefined;

  constructor(components: RoomLeavingsComponents) {
    this.#parts = components;
  }

  get state(): LeavingsState {
    this.#state ??= this.#parts.store.load();
    return this.#state;
  }

  /** A client that went to another controller, and said goodbye to the one before, is there still. */
  told({ clients, forgotten }: ProvenLeavings): void {
    const { isPresentSince, now } = this.#parts;
    const left = clients.filter((one) => !isPresentSince(one.clientId, one.enteredAt_ms));
    const told = { clients: left, forgotten };
    this.#become(leavingsAfter(this.state, told, { ...bounds, now_ms: now() }));
  }

  /** The room is no more. */
  end(): void {
    this.#become(noLeavings);
  }

  #become(after: LeavingsState): void {
    const before = this.state;
    this.#parts.transaction(() => this.#parts.store.save(before, after));
    this.#state = after;
  }
}
