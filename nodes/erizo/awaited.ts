import type { RizomaError } from '../../protocol/errors.ts';
import type { SectionOwner } from './slot.ts';
import { deferred } from './wait.ts';

/** Owners whose tracks the client has not answered yet. */
export class Awaited {
  readonly #waiting = new Map<SectionOwner, PromiseWithResolvers<void>>();

  has(owner: SectionOwner): boolean {
    return this.#waiting.has(owner);
  }

  /** Resolves when the client has taken the owner's tracks, or some of them. */
  add(owner: SectionOwner): Promise<void> {
    const waiting = deferred<void>();
    this.#waiting.set(owner, waiting);
    return waiting.promise;
  }

  /** Of no effect where nobody waits. */
  settle(owner: SectionOwner, error: RizomaError | undefined): void {
    const waiting = this.#waiting.get(owner);
    this.#waiting.delete(owner);
    if (error === undefined) {
      waiting?.resolve();
    } else {
      waiting?.reject(error);
    }
  }
}
