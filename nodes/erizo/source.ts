import type { Route } from '../../protocol/cascade-tree.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import type { Producer } from './media.ts';
import { joinNeeds } from './stream-need.ts';

/** Why a stream is no more: it ended where it is published, or the way to there broke. */
export type SourceEnd = 'ended' | 'upstream';

/** A stream that comes another way from now on. */
export interface Moved {
  readonly to: Source;
  /** The way from this process, and what lets the stream come by it. */
  readonly way: { route: Route; grant: string };
  /** Whether it plays by both ways now, so that nobody has to miss anything; else who goes over does so at once. */
  readonly overlap: boolean;
}

/** Who plays a stream: a subscriber, or a process further down. */
export interface SourceUser {
  /** Once, and last. The error is for whoever still waits for the tracks. */
  sourceEnded(why: SourceEnd, error: RizomaError): void;
  /** It is to use the other source, and this one until it does. Who cannot go over stays for as long as it needs. */
  sourceMoved?(moved: Moved): void;
}

export interface Use {
  /** Whether media is wanted now; nobody's wish lets a stream that comes over a pipe pause. */
  setActive(active: boolean): void;
  /** What of it is played, or will be as soon as media can flow. */
  setNeed(need: StreamNeed): void;
  /** Idempotent. */
  end(): void;
}

/** A stream as this process has it: published here, or pulled from another process. */
export interface Source {
  readonly streamId: string;
  readonly roomId: string;
  /** Whether it comes from another region: then a picture that is asked for takes longer than an offer. */
  readonly wan: boolean;
  /** Its tracks, once they are there; rejects where they will not come. */
  readonly tracks: Promise<readonly Producer[]>;
  /** Those that are there by now. */
  readonly producers: readonly Producer[];
  use(user: SourceUser, need: StreamNeed): Use;
}

/** What a caller is told of a stream that is no more. */
export function sourceEndError(why: SourceEnd): RizomaError {
  return why === 'ended'
    ? new RizomaError('not_found', 'the stream has ended')
    : new RizomaError('unavailable', 'the way to the stream broke');
}

interface Wants {
  active: boolean;
  need: StreamNeed;
}

/** Who uses a source, and what each of them wants of it. */
export class Users {
  readonly #users = new Map<SourceUser, Wants>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get size(): number {
    return this.#users.size;
  }

  get anyActive(): boolean {
    return [...this.#users.values()].some(({ active }) => active);
  }

  /** What serves all of them. */
  get need(): StreamNeed {
    return joinNeeds([...this.#users.values()].map(({ need }) => need));
  }

  add(user: SourceUser, need: StreamNeed): Use {
    this.#users.set(user, { active: false, need });
    this.#onChange();
    const change = (to: Partial<Wants>): void => {
      const wants = this.#users.get(user);
      if (wants !== undefined) {
        this.#users.set(user, { ...wants, ...to });
        this.#onChange();
      }
    };
    return {
      setActive: (active) => change({ active }),
      setNeed: (next) => change({ need: next }),
      end: () => {
        if (this.#users.delete(user)) {
          this.#onChange();
        }
      },
    };
  }

  /** Whether anybody can go over to another source. */
  get anyMoves(): boolean {
    return [...this.#users.keys()].some(({ sourceMoved }) => sourceMoved !== undefined);
  }

  /** Tells everyone that it comes another way. */
  move(moved: Moved): void {
    for (const user of [...this.#users.keys()]) {
      user.sourceMoved?.(moved);
    }
  }

  /** Tells everyone that it is over; nobody uses it any more. */
  end(why: SourceEnd, error: RizomaError): void {
    const users = [...this.#users.keys()];
    this.#users.clear();
    for (const user of users) {
      user.sourceEnded(why, error);
    }
  }
}
