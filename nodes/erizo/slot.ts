import { RizomaError } from '../../protocol/errors.ts';
import type { Consumer, MediaKind, RtpParameters } from './media.ts';
import type { OfferedSection } from './sdp/offer.ts';
import type { RemoteDescription } from './sdp/remote.ts';

/** Whose tracks a section carries. */
export interface SectionOwner {
  /** Names the MediaStream that the client finds them in. */
  readonly streamId: string;
  /** It waits to take the place of another track, which may be in the same MediaStream: its own is called otherwise. */
  readonly standsBy?: boolean;
  /** What a track of it is sent with, before that begins. */
  made?(consumer: Consumer): void;
  /** The client took none of its tracks, after it had taken some before. */
  refused(): void;
  /** The first packet of one of its tracks is on its way to the client. */
  mediaBegan(kind: MediaKind): void;
}

/** An m-section of a connection on which we send; it outlives what it carries. */
export interface Slot {
  readonly mid: string;
  readonly kind: MediaKind;
  /** Set while it is reserved, too, when there is no consumer yet. */
  owner: SectionOwner | undefined;
  consumer: Consumer | undefined;
  /** What takes the consumer's place when the client has taken the next offer: the same track another way. */
  next: Consumer | undefined;
  /** What it carries comes in another section, from when the client has taken the next offer. */
  leaves: boolean;
  /** The stream that it stays for while that comes another way: to the client nothing changes. */
  kept: string | undefined;
  /** Of the last consumer; undefined before the first. */
  trackId: string | undefined;
  parameters: RtpParameters | undefined;
  dead: boolean;
}

/** The section as the next offer holds it; nothing of one that was never filled. */
export function offered(slot: Slot): OfferedSection[] {
  const { mid, kind, owner, consumer, leaves, kept, trackId = mid, parameters, dead } = slot;
  const streamId = consumer === undefined || leaves ? kept : owner?.streamId;
  if (parameters === undefined) {
    return [];
  }
  const state: OfferedSection['state'] = dead
    ? { type: 'dead' }
    : streamId === undefined
      ? { type: 'idle' }
      : { type: 'sending', streamId, trackId };
  return [{ mid, kind, state, parameters: slot.next?.rtpParameters ?? parameters }];
}

/** RFC 3264, section 6: an answer has the m-sections of its offer, in their order. */
export function checkSections(
  answer: RemoteDescription,
  slots: readonly Pick<Slot, 'mid'>[],
): void {
  const same =
    answer.sections.length === slots.length &&
    answer.sections.every(({ rejected, mid }, index) => rejected || mid === slots[index]?.mid);
  if (!same) {
    throw new RizomaError('sdp_malformed', 'the answer has other m-sections than the offer');
  }
}
