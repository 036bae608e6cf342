import { RizomaError } from '../../protocol/errors.ts';
import { roomOfToken } from '../../protocol/ids.ts';
import type { Pass } from '../../protocol/pass.ts';
import { checkPass } from '../../protocol/pass.ts';
import { intersectPins } from '../../protocol/pin.ts';
import type { TicketPublicKey } from '../../protocol/ticket.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { refuseFull } from '../room/tokens.ts';
import type { RoomPictures } from './room-pictures.ts';

export interface OpenPass {
  readonly pass: Pass;
  readonly roomId: string;
  /** What the pass and its room both allow. */
  readonly pin: RegionPin;
  /** Ids of the nodes that held the room a moment ago. */
  readonly holders: readonly string[];
}

/**
 * Whom a pass lets in, as far as can be seen from a picture of the room that is some seconds old. Throws
 * `token_forged`, `token_expired`, `token_revoked`, `pin_empty`, `quota_reached`, or `not_found` where the room is
 * gone.
 */
export async function openPass(
  components: { pictures: RoomPictures; keys: readonly TicketPublicKey[]; now: () => number },
  token: { tokenId: string; pass: string },
): Promise<OpenPass> {
  const { pictures, keys, now } = components;
  const pass = await checkPass(keys, token.pass, now());
  if (pass.tokenId !== token.tokenId) {
    throw new RizomaError('token_forged', 'the pass belongs to another token');
  }
  const roomId = roomOfToken(pass.tokenId);
  const picture = await pictures.of(roomId, { epoch: pass.epoch });
  if (picture.epoch !== pass.epoch) {
    throw new RizomaError('token_revoked', 'the pass was revoked: ask the app for another one');
  }
  refuseFull(picture.isFull);
  return { pass, roomId, pin: intersectPins(picture.pin, pass.pin), holders: picture.holders };
}
