import { RizomaError } from '../../protocol/errors.ts';
import type { WebRtcTransport } from './engine-transports.ts';
import type { Consumer, MediaKind, Producer } from './media.ts';
import type { SectionOwner, Slot } from './slot.ts';
import type { Slots } from './slots.ts';
import { allOrNone, closeAll, deferred } from './wait.ts';

export interface ChangeoverOptions {
  owner: SectionOwner;
  /** Those that its tracks are to come from; where they will not come nothing changes. */
  producers: Promise<readonly Producer[]>;
  /** What of it is sent now: that goes over with the first of it that comes, the rest at once. */
  plays: Readonly<Record<MediaKind, boolean>>;
  /** Of the video, as for what it takes the place of. */
  layers: { spatial: number; temporal: number };
}

interface Change {
  readonly slot: Slot;
  readonly consumer: Consumer;
}

/**
 * The tracks of an owner on their way to other producers, in the sections that they have. The client is
 * told nothing: its offers name no SSRCs, so it takes for the track what comes with the MID of the section
 * (RFC 8843, section 9.2), the last SSRC that began. The old track ends when a key frame of the new one has
 * gone out, so there is no time in which nothing can be shown, however long that takes.
 */
export class Changeover {
  readonly #transport: Promise<WebRtcTransport>;
  readonly #slots: Slots;
  readonly #options: ChangeoverOptions;
  readonly #over = deferred<void>();
  /** Resolves when what has not begun is waited for no longer, and rejects when nothing more is to change. */
  readonly #end = deferred<void>();

  constructor(
    components: { transport: Promise<WebRtcTransport>; slots: Slots },
    options: ChangeoverOptions,
  ) {
    this.#transport = components.transport;
    this.#slots = components.slots;
    this.#options = options;
  }

  static create(
    components: { transport: Promise<WebRtcTransport>; slots: Slots },
    options: ChangeoverOptions,
  ): Changeover {
    const made = new Changeover(components, options);
    made.#run().then(made.#over.resolve, made.#over.reject);
    return made;
  }

  /** Resolves when all of it comes from there; rejects where it does not, and stays as it was. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** It comes from there now, whether any of it has come or not. */
  finish(): void {
    this.#end.resolve();
  }

  /** It stays as it is. */
  cancel(): void {
    this.#end.reject(new RizomaError('cancelled', 'the stream does not come another way'));
  }

  async #run(): Promise<void> {
    const changes = await this.#consume();
    const of = (kind: MediaKind): Change[] =>
      changes.filter(({ consumer }) => consumer.kind === kind);
    try {
      // Pictures first: where they do not come sound has to go on as well.
      await Promise.all(of('video').map((change) => this.#change(change)));
      await Promise.all(of('audio').map((change) => this.#change(change)));
    } catch (thrown) {
      closeAll(
        changes.flatMap(({ slot, consumer }) => (isTaken(slot, consumer) ? [] : [consumer])),
      );
      throw thrown;
    }
  }

  async #consume(): Promise<Change[]> {
    const { owner, layers } = this.#options;
    const [transport, producers] = await Promise.all([this.#transport, this.#options.producers]);
    const pairs = this.#slots.all.flatMap((slot) => {
      const producer = producers.find(({ kind }) => kind === slot.kind);
      const isOwn = slot.owner === owner && slot.consumer !== undefined;
      return isOwn && producer !== undefined ? [{ slot, producer }] : [];
    });
    const consumers = await allOrNone(
      pairs.map(async ({ slot: { mid }, producer: { id } }) =>
        transport.consume(id, { mid, paused: true }),
      ),
    );
    // A consumer whose track ended meanwhile cannot be told, and need not.
    const videos = consumers.filter(({ kind }) => kind === 'video');
    await Promise.allSettled(videos.map((video) => video.setLayers(layers)));
    return pairs.map(({ slot }, index) => ({ slot, consumer: consumers[index] as Consumer }));
  }

  async #change({ slot, consumer }: Change): Promise<void> {
    if (this.#options.plays[consumer.kind]) {
      const began = deferred<void>();
      if (consumer.kind === 'video') {
        consumer.onKeyFrame(began.resolve);
      } else {
        consumer.onFirstPacket(began.resolve);
      }
      await consumer.resume();
      await Promise.race([began.promise, this.#end.promise]);
    }
    if (slot.owner !== this.#options.owner) {
      throw new RizomaError('cancelled', 'the subscription has ended');
    }
    slot.consumer?.close();
    slot.consumer = consumer;
    slot.parameters = consumer.rtpParameters;
  }
}

function isTaken(slot: Slot, consumer: Consumer): boolean {
  return slot.consumer === consumer;
}
