import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Sections } from './engine-sections.ts';
import type { Consumer, MediaKind, RtpParameters } from './media.ts';
import type { RemoteDescription, RemoteSection } from './sdp/remote.ts';
import type { SectionOwner, Slot } from './slot.ts';

/** The m-sections of a connection on which we send, in the order of their first offer, which that of m-lines follows. */
export class Slots {
  readonly #all: Slot[] = [];
  /** New ones whose tracks are being made, so that they are not offered yet. */
  readonly #reserved = new Set<Slot>();
  #nextMid = 0;

  get all(): readonly Slot[] {
    return this.#all;
  }

  /** Whether one stays for a stream that comes another way. */
  get someKept(): boolean {
    return this.#all.some(({ kept }) => kept !== undefined);
  }

  /** What is sent, by section. */
  sent(): Map<Slot, SectionOwner> {
    return new Map(
      this.#all.flatMap((slot) =>
        slot.owner === undefined || slot.consumer === undefined ? [] : [[slot, slot.owner]],
      ),
    );
  }

  /** Those that carry something of the owner. */
  of(owner: SectionOwner): Slot[] {
    return this.#all.filter((slot) => slot.owner === owner && slot.consumer !== undefined);
  }

  consumersOf(owner: SectionOwner): Consumer[] {
    return this.of(owner).flatMap(({ consumer }) => consumer ?? []);
  }

  /** Takes over those of our last description of another process; those of the streams stay for them. */
  restore(last: RemoteDescription, streams: ReadonlySet<string>): void {
    this.#all.push(...slotsOf(last, streams));
    this.#nextMid = Math.max(-1, ...this.#all.map(({ mid }) => Number(mid))) + 1;
  }

  /** One of each kind for what will come. False where there are some. */
  prepare(sections: Sections): boolean {
    if (this.#all.length > 0) {
      return false;
    }
    for (const kind of ['audio', 'video'] as const) {
      this.#all.push({ ...newSlot(this.#newMid(), kind, undefined), parameters: sections[kind] });
    }
    return true;
  }

  /** One for a track of the owner: that which stayed for its stream, a free one, or a new one, to be `add`ed. */
  reserve(owner: SectionOwner, kind: MediaKind): Slot {
    const fit = this.#all.filter(
      (slot) => slot.owner === undefined && slot.kind === kind && !slot.dead,
    );
    const free =
      fit.find(({ kept }) => kept === owner.streamId) ?? fit.find(({ kept }) => kept === undefined);
    if (free !== undefined) {
      free.owner = owner;
      return free;
    }
    if (this.#all.length + this.#reserved.size >= limits.sdpSections) {
      throw new RizomaError(
        'overloaded',
        `a connection has up to ${limits.sdpSections} m-sections: give up another stream first`,
      );
    }
    const slot = newSlot(this.#newMid(), kind, owner);
    this.#reserved.add(slot);
    return slot;
  }

  /** No track comes into it after all. */
  giveBack(owner: SectionOwner, slot: Slot): void {
    const isNew = this.#reserved.delete(slot);
    if (!isNew && slot.owner === owner && slot.consumer === undefined) {
      slot.owner = undefined;
    }
  }

  #newMid(): string {
    const mid = String(this.#nextMid);
    this.#nextMid += 1;
    return mid;
  }

  /** It is offered from now on. */
  add(slot: Slot): void {
    this.#reserved.delete(slot);
    if (!this.#all.includes(slot)) {
      this.#all.push(slot);
    }
  }

  /** Those of the owner stay for its stream when it goes. */
  keep(owner: SectionOwner): void {
    for (const slot of this.#all.filter((one) => one.owner === owner)) {
      slot.kept = owner.streamId;
    }
  }

  /** What stayed for the stream need not. Answers how many sections carry nothing now. */
  release(streamId: string): number {
    const kept = this.#all.filter((slot) => slot.kept === streamId);
    for (const slot of kept) {
      slot.kept = undefined;
    }
    return kept.length;
  }

  /** The owner goes. Answers how many sections carry nothing now. */
  free(owner: SectionOwner): number {
    const left = this.#all.filter((slot) => slot.owner === owner);
    for (const slot of left) {
      slot.consumer?.close();
      slot.consumer = undefined;
      slot.owner = undefined;
      slot.leaves = false;
    }
    return left.filter(({ kept }) => kept === undefined).length;
  }
}

/** A section for new tracks. */
function newSlot(mid: string, kind: MediaKind, owner: SectionOwner | undefined): Slot {
  const nothing = { consumer: undefined, next: undefined, kept: undefined, trackId: undefined };
  return { mid, kind, owner, ...nothing, leaves: false, parameters: undefined, dead: false };
}

/** The sections of our last description, of which those of the streams stay for them. */
function slotsOf(last: RemoteDescription, streams: ReadonlySet<string>): Slot[] {
  return last.sections.flatMap((section): Slot[] => {
    const { mid, kind, msid, sends } = section;
    if (kind === 'application') {
      return [];
    }
    const kept = sends && streams.has(msid?.streamId ?? '') ? msid?.streamId : undefined;
    const parameters = section.rejected ? rejected(section) : parametersOf(section);
    const nobody = { owner: undefined, consumer: undefined, next: undefined, leaves: false };
    return [
      { mid, kind, ...nobody, kept, trackId: msid?.trackId, parameters, dead: section.rejected },
    ];
  });
}

function parametersOf({ kind, codecs, extensions }: RemoteSection): RtpParameters {
  return {
    codecs: codecs.map(({ name, payloadType, clockRate, channels, parameters, feedback }) => ({
      mimeType: `${kind}/${name}`,
      payloadType,
      clockRate,
      ...(channels === undefined ? {} : { channels }),
      parameters,
      rtcpFeedback: [...feedback],
    })),
    headerExtensions: extensions.map(({ id, uri }) => ({ id, uri })),
  };
}

/** Of a section that was refused its payload types are all that is ever said again. */
function rejected({ kind, payloads }: RemoteSection): RtpParameters {
  const types = payloads.split(' ').map(Number);
  const codecs = types.map((payloadType) => ({
    mimeType: `${kind}/none`,
    payloadType,
    clockRate: 1,
  }));
  return { codecs };
}
