import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { sizeOf } from '../../protocol/bytes.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Jurisdiction } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { RoomRegions } from '../../protocol/pin.ts';
import { intersectPins } from '../../protocol/pin.ts';

/** What an app asks of a room; what is undefined stays as it is. */
export interface RoomSettings {
  readonly p2p: boolean | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;
  readonly mediaConfiguration: string | undefined;
  /** The regions of the room's pin, which are replaced as a whole; an empty object takes them away. */
  readonly regions: RoomRegions | undefined;
  /** Which it was made in; another one is refused. */
  readonly jurisdiction: Jurisdiction | undefined;
}

export interface RoomChange extends RoomSettings {
  /** Whether the data of the room is replaced, or each of its fields (Licode: PUT and PATCH). */
  readonly how: 'put' | 'patch';
  readonly name: string | undefined;
}

/**
 * The room after the change. Throws `too_large` where that is more than one request could have said,
 * `conflict` for another jurisdiction, and `pin_empty` for regions that leave none.
 */
export function changeRoom(room: RoomAnswer, change: RoomChange): RoomAnswer {
  refuseMove(room, change);
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
    ...pinOf(change.regions ?? room.regions, room.jurisdiction),
    ...(room.test === undefined ? {} : { test: room.test }),
  };
  demandSize(changed);
  return changed;
}

/** Throws `too_large`. A body that is short enough may not be so as it is kept: `1e20` has 21 digits. */
export function demandSize(room: RoomAnswer): void {
  if (sizeOf(room) > limits.room_bytes) {
    throw new RizomaError('too_large', `a room has up to ${limits.room_bytes} bytes as JSON`);
  }
}

/** The fields of a room that are its pin, if it has one. Throws `pin_empty`. */
export function pinOf(
  regions: RoomRegions | undefined,
  jurisdiction: Jurisdiction | undefined,
): Pick<RoomAnswer, 'regions' | 'jurisdiction'> {
  const isPin = regions?.allow !== undefined || (regions?.deny ?? []).length > 0;
  intersectPins({}, { ...regions });
  return {
    ...(regions === undefined || !isPin ? {} : { regions }),
    ...(jurisdiction === undefined ? {} : { jurisdiction }),
  };
}

/** The object of a room is where its jurisdiction is, and cannot move. */
function refuseMove(room: RoomAnswer, { jurisdiction }: RoomChange): void {
  if (jurisdiction !== undefined && jurisdiction !== room.jurisdiction) {
    const where = room.jurisdiction === undefined ? 'none' : room.jurisdiction;
    throw new RizomaError(
      'conflict',
      `the jurisdiction of a room stays what it was, ${where}: make another room`,
    );
  }
}
