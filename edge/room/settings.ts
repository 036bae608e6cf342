import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';

/** What an app asks of a room; what is undefined stays as it is. */
export interface RoomSettings {
  readonly p2p: boolean | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly mediaConfiguration: string | undefined;
}

export interface RoomChange extends RoomSettings {
  /** Whether the data of the room is replaced, or each of its fields (Licode: PUT and PATCH). */
  readonly how: 'put' | 'patch';
  readonly name: string | undefined;
}

/** The room after the change. Throws `too_large` where that is more than one request could have said. */
export function changeRoom(room: RoomAnswer, change: RoomChange): RoomAnswer {
  const p2p = change.p2p ?? room.p2p ?? false;
  const merged = change.how === 'patch' ? { ...room.data, ...change.data } : change.data;
  const data = change.data === undefined ? room.data : merged;
  const mediaConfiguration = change.mediaConfiguration ?? room.mediaConfiguration;
  const changed: RoomAnswer = {
    name: change.name ?? room.name,
    _id: room._id,
    ...(p2p ? { p2p } : {}),
    ...(data === undefined ? {} : { data }),
    ...(mediaConfiguration === undefined ? {} : { mediaConfiguration }),
  };
  if (utf8(JSON.stringify(changed)).length > limits.restBody_bytes) {
    throw new RizomaError('too_large', `a room has up to ${limits.restBody_bytes} bytes`);
  }
  return changed;
}
