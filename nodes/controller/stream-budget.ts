import { bytesOfStream } from '../../protocol/directory.ts';
import type { StreamMedia } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Client } from './client.ts';
import type { Streams } from './streams.ts';

/**
 * Charges a client for what is said of one of its streams, labels and attributes mostly: every controller of the room is
 * told it, and all of it has to fit one message. Throws `overloaded`, and charges nothing, where the client or the room has no room for it.
 */
export function chargeStream(
  streams: Streams,
  client: Client,
  { streamId, media }: { streamId: string; media: StreamMedia },
): void {
  const { streams_bytes: charged } = client;
  const bytes = bytesOfStream({ userName: client.userName, media });
  const before = charged.get(streamId) ?? 0;
  const own = [...charged.values()].reduce((sum, one) => sum + one, 0) - before + bytes;
  if (own > limits.clientStreams_bytes) {
    throw refusal('your streams', limits.clientStreams_bytes);
  }
  if (bytes > before && streams.bytes - before + bytes > limits.roomStreams_bytes) {
    throw refusal('the streams of the room', limits.roomStreams_bytes);
  }
  charged.set(streamId, bytes);
}

function refusal(whose: string, most_bytes: number): RizomaError {
  return new RizomaError(
    'overloaded',
    `labels and attributes of ${whose} have up to ${most_bytes / 1024} KiB together: say less`,
  );
}
