import { sizeOf } from '../../protocol/bytes.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import { chargeFor } from './charge-for.ts';
import { defaults } from './defaults.ts';
import { LatestOf } from './latest-of.ts';
import type { RoomParts } from './room-parts.ts';
import { publicStream } from './streams.ts';

/**
 * Tells the clients of our SDK how a stream is from now on: some times a second of each, and the newest alone, as each
 * telling costs as much as there are clients. Who publishes it here pays for them, and where that is too much they
 * hear of it later.
 */
export class StreamNews {
  readonly #parts: RoomParts;
  readonly #told: LatestOf<{ streamId: string }>;
  /** One object for each stream, by which it is known that it was told of a moment ago. */
  readonly #streams = new Map<string, { streamId: string }>();

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.#told = new LatestOf(parts, {
      every_ms: defaults.streamNews_ms,
      run: ({ streamId }) => Promise.resolve(this.#tell(streamId)),
    });
  }

  changed(streamId: string): void {
    const stream = this.#streams.get(streamId) ?? { streamId };
    this.#streams.set(streamId, stream);
    void this.#told.ask(stream);
  }

  removed(streamId: string): void {
    this.#streams.delete(streamId);
  }

  /** Nothing where it is no more. */
  #tell(streamId: string): void {
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined) {
      return;
    }
    const news = publicStream(stream);
    const ours = [...this.#parts.clients()].filter(({ plan }) => plan === 'dual');
    const bytes = sizeOf(news.attributes) + defaults.message_bytes;
    if (!this.#isPaid(stream, chargeFor(bytes, ours.length))) {
      this.#parts.clock.after(defaults.streamNewsAgain_ms, () => this.changed(streamId));
      return;
    }
    for (const client of ours) {
      client.send('stream_changed', news, { key: `stream ${streamId}` });
    }
  }

  /** What others publish comes with the directory, so often as their controllers may tell. */
  #isPaid({ streamId, clientId }: RoomStream, bytes: number): boolean {
    const publisher = this.#parts.client(clientId);
    if (publisher?.publications.has(streamId) !== true) {
      return true;
    }
    try {
      publisher.limits.chargeData(bytes);
      return true;
    } catch {
      return false;
    }
  }
}
