import { defaults } from './defaults.ts';
import { LatestOf } from './latest-of.ts';
import type { RoomParts } from './room-parts.ts';
import { publicStream } from './streams.ts';

/**
 * Tells the clients of our SDK how a stream is from now on: some times a second of each, and the newest alone, as each
 * telling costs as much as there are clients.
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
    for (const client of [...this.#parts.clients()].filter(({ plan }) => plan === 'dual')) {
      client.send('stream_changed', news, { key: `stream ${streamId}` });
    }
  }
}
