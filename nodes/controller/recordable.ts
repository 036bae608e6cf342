import type { RoomStream } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { defaults } from './defaults.ts';
import type { RoomParts } from './room-parts.ts';

/** What of a room those who record have a use for. */
export interface RecordableParts extends Pick<
  RoomParts,
  'clock' | 'clients' | 'client' | 'directoryChanged'
> {
  readonly streams: Pick<RoomParts['streams'], 'get' | 'isOwn' | 'isKnown'>;
  readonly erizos: Pick<RoomParts['erizos'], 'isLive'>;
}

/** Where a stream came from when its recording began, or last went on. */
export interface Origin {
  readonly erizoId: string | undefined;
  readonly clientId: string;
  /** It is published at this controller. */
  readonly isOwn: boolean;
}

/** The streams of a room, for whoever records them. */
export class Recordable {
  readonly #parts: RecordableParts;

  constructor(parts: RecordableParts) {
    this.#parts = parts;
  }

  has(streamId: string): boolean {
    return this.#parts.streams.get(streamId) !== undefined;
  }

  /** Throws `not_found`, and `bad_request` where its media does not come here. */
  get(streamId: string): RoomStream {
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined) {
      throw new RizomaError('not_found', `stream ${streamId} does not exist`);
    }
    if (stream.erizoId === undefined) {
      throw new RizomaError('bad_request', 'the media of this stream does not come here');
    }
    return stream;
  }

  /** The same; throws `unavailable` while its publisher is between two processes. */
  live(streamId: string): RoomStream {
    const { streams, erizos } = this.#parts;
    const stream = this.get(streamId);
    if (streams.isOwn(streamId) && !erizos.isLive(stream.erizoId)) {
      throw new RizomaError('unavailable', 'its publisher is between two processes');
    }
    return stream;
  }

  /**
   * The same as `get`, once a stream is there that a client here publishes and was told the id of: Licode's apps
   * record in the callback of `publish`, when its media does not flow yet.
   */
  async arrived(streamId: string): Promise<RoomStream> {
    const { clock, directoryChanged } = this.#parts;
    const asked_ms = clock.now();
    while (!this.has(streamId) && this.#isOnItsWay(streamId)) {
      if (clock.now() - asked_ms >= defaults.arrival_ms) {
        break;
      }
      await directoryChanged();
    }
    return this.get(streamId);
  }

  originOf({ streamId, clientId, erizoId }: RoomStream): Origin {
    return { erizoId, clientId, isOwn: this.#parts.streams.isOwn(streamId) };
  }

  /**
   * Whether a stream that is no more went with its process, and not because its publisher ended it: then a client of
   * ours publishes it again under the same id.
   */
  maySoonBeBack({ erizoId, clientId, isOwn }: Origin): boolean {
    const { streams, erizos, client } = this.#parts;
    if (isOwn) {
      return client(clientId) !== undefined && !erizos.isLive(erizoId);
    }
    return erizoId !== undefined && !streams.isKnown(erizoId);
  }

  #isOnItsWay(streamId: string): boolean {
    return [...this.#parts.clients()].some(({ publications }) => publications.has(streamId));
  }
}
