import { bytesOfStream } from '../../protocol/directory.ts';
import type { StreamMedia } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Streams } from './streams.ts';

/** Whose stream it is, as far as it is charged. */
interface Publisher {
  readonly userName: string;
  /** By stream id. */
  readonly streams_bytes: Map<string, number>;
}

/**
 * What is said of the streams that clients publish here, labels and attributes mostly, those among them whose media does not
 * flow yet: every controller of the room is told it, and all of it has to fit one message.
 */
export class StreamBudget {
  readonly #streams: Streams;
  #count = 0;
  #bytes = 0;

  constructor(components: { streams: Streams }) {
    this.#streams = components.streams;
  }

  /** Charges a new stream, or new attributes of a known one. Throws `overloaded` and charges nothing if a limit is reached. */
  charge(client: Publisher, { streamId, media }: { streamId: string; media: StreamMedia }): void {
    const charged = client.streams_bytes;
    const bytes = bytesOfStream({ userName: client.userName, media });
    const before = charged.get(streamId);
    const more = bytes - (before ?? 0);
    const own = [...charged.values()].reduce((sum, one) => sum + one, 0) + more;
    if (own > limits.clientStreams_bytes) {
      throw refusal('your streams', limits.clientStreams_bytes);
    }
    const others = this.#streams.othersBut(streamId);
    if (more > 0 && others.bytes + this.#bytes + more > limits.roomStreams_bytes) {
      throw refusal('the streams of the room', limits.roomStreams_bytes);
    }
    if (before === undefined && others.count + this.#count >= limits.streamsPerRoom) {
      throw new RizomaError('overloaded', `a room has up to ${limits.streamsPerRoom} streams`);
    }
    charged.set(streamId, bytes);
    this.#bytes += more;
    this.#count += before === undefined ? 1 : 0;
  }

  /** The client publishes it no more. */
  release(client: Publisher, streamId: string): void {
    const bytes = client.streams_bytes.get(streamId);
    if (bytes !== undefined) {
      client.streams_bytes.delete(streamId);
      this.#bytes -= bytes;
      this.#count -= 1;
    }
  }
}

function refusal(whose: string, most_bytes: number): RizomaError {
  return new RizomaError(
    'overloaded',
    `labels and attributes of ${whose} have up to ${most_bytes / 1024} KiB together: say less`,
  );
}
