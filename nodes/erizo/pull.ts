import type { Cancel, Clock } from '../../protocol/clock.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { StreamNeed } from '../../protocol/layers.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Producer } from './media.ts';
import { NeedTeller } from './need-teller.ts';
import type { WantedStream } from './pulls.ts';
import type { Moved, Source, SourceEnd, SourceUser, Use } from './source.ts';
import { sourceEndError, Users } from './source.ts';
import { deferred } from './wait.ts';

/** What the upstream is told of the users when it is asked for the stream. */
export interface Opening {
  paused: boolean;
  need: StreamNeed;
}

export interface PullOptions {
  /** With the whole way from here. */
  stream: WantedStream;
  /** Whether its upstream is in another region. */
  wan: boolean;
  /** Begins at once, but asks what to say of its users as late as it can. */
  open: (pullId: string, opening: () => Opening) => Promise<readonly Producer[]>;
  setPaused: (pullId: string, paused: boolean) => void;
  setNeed: (pullId: string, need: StreamNeed) => void;
  /** It is about to end, and its users are told next. */
  onEnding: (pull: Pull, why: SourceEnd) => void;
  /** Told once when it has ended, however it did. */
  onEnd: (pull: Pull) => void;
}

type State = 'opening' | 'open' | 'ended';

/**
 * A stream that comes from another process. It is paused while none of its users wants media, and
 * ends by itself when it had no user for `limits.pullLinger_ms`.
 */
export class Pull implements Source {
  /** Under which its upstream knows it. */
  readonly id: string = newUuid();
  readonly streamId: string;
  readonly roomId: string;
  readonly wan: boolean;
  /** What was asked for, with the whole way from here. */
  readonly stream: WantedStream;
  readonly #clock: Clock;
  readonly #options: PullOptions;
  readonly #tracks = deferred<readonly Producer[]>();
  readonly #users: Users;
  #producers: readonly Producer[] = [];
  #state: State = 'opening';
  /** As the upstream was told last. */
  #paused = true;
  #stopLinger: Cancel | undefined;
  /** From when the upstream is asked for the stream. */
  #teller: NeedTeller | undefined;
  /** The stream comes another way: it ends with its last user. */
  #retired = false;

  constructor(components: { clock: Clock }, options: PullOptions) {
    this.#clock = components.clock;
    this.#options = options;
    this.stream = options.stream;
    this.streamId = options.stream.streamId;
    this.roomId = options.stream.roomId;
    this.wan = options.wan;
    this.#users = new Users(() => this.#onUsers());
  }

  static create(components: { clock: Clock }, options: PullOptions): Pull {
    const pull = new Pull(components, options);
    void pull.#open();
    return pull;
  }

  get tracks(): Promise<readonly Producer[]> {
    return this.#tracks.promise;
  }

  get producers(): readonly Producer[] {
    return this.#producers;
  }

  use(user: SourceUser, need: StreamNeed): Use {
    return this.#users.add(user, need);
  }

  /** What its users need of it. */
  get need(): StreamNeed {
    return this.#users.need;
  }

  /** Whether any of them wants media now. */
  get isPlayed(): boolean {
    return this.#users.anyActive;
  }

  /** Whether any of them can go over to another one. */
  get canMove(): boolean {
    return this.#users.anyMoves;
  }

  /** The process the stream comes from. */
  get upstreamId(): string | undefined {
    return this.stream.route[0]?.erizoId;
  }

  /** Its users are to go over; with the last one it ends. */
  retire(moved: Moved): void {
    this.#retired = true;
    this.#users.move(moved);
    this.#onUsers();
  }

  /** Ends it here; its users are told. Idempotent. */
  end(why: SourceEnd, error: RizomaError = sourceEndError(why)): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#state = 'ended';
    this.#options.onEnding(this, why);
    this.#stopLinger?.();
    this.#teller?.close();
    this.#tracks.reject(error);
    // Users first: the worker ends the consumers of a producer by itself, and knows them no more.
    this.#users.end(why, error);
    for (const producer of this.#producers) {
      producer.close();
    }
    this.#options.onEnd(this);
  }

  async #open(): Promise<void> {
    try {
      this.#onOpen(await this.#options.open(this.id, () => this.#opening()));
    } catch (thrown) {
      this.end('upstream', openError(toRizomaError(thrown)));
    }
  }

  #opening(): Opening {
    const { need, anyActive } = this.#users;
    const say = (next: StreamNeed): void => this.#options.setNeed(this.id, next);
    this.#paused = !anyActive;
    this.#teller = new NeedTeller({ clock: this.#clock }, { said: need, say });
    return { paused: this.#paused, need };
  }

  #onOpen(producers: readonly Producer[]): void {
    if (this.#state === 'ended') {
      for (const producer of producers) {
        producer.close();
      }
      return;
    }
    this.#state = 'open';
    this.#producers = producers;
    this.#tracks.resolve(producers);
    this.#onUsers();
  }

  #onUsers(): void {
    if (this.#state === 'ended') {
      return;
    }
    this.#stopLinger?.();
    const isUnused = this.#users.size === 0;
    if (isUnused && this.#retired) {
      this.end('ended');
      return;
    }
    this.#stopLinger = isUnused
      ? this.#clock.after(limits.pullLinger_ms, () => this.end('ended'))
      : undefined;
    if (this.#state !== 'open') {
      return;
    }
    this.#teller?.update(this.#users.need);
    const paused = !this.#users.anyActive;
    if (paused !== this.#paused) {
      this.#paused = paused;
      this.#options.setPaused(this.id, paused);
    }
  }
}

/** What the link or the upstream's inside says is, to whoever subscribes, that it cannot be had now. */
function openError(error: RizomaError): RizomaError {
  switch (error.code) {
    case 'not_found':
    case 'forbidden':
    case 'overloaded':
      return error;
    default:
      return new RizomaError(
        'unavailable',
        `the upstream did not give the stream: ${error.message}`,
        {
          cause: error,
        },
      );
  }
}
