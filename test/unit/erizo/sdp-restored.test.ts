import { describe, expect, it } from 'vitest';
import type { Consumer } from '../../../nodes/erizo/media.ts';
import { writeReceivingOffer } from '../../../nodes/erizo/sdp/answer.ts';
import type { Chosen } from '../../../nodes/erizo/sdp/codecs.ts';
import { choose } from '../../../nodes/erizo/sdp/codecs.ts';
import type { OfferedSection } from '../../../nodes/erizo/sdp/offer.ts';
import { writeOffer } from '../../../nodes/erizo/sdp/offer.ts';
import { readDescription } from '../../../nodes/erizo/sdp/read.ts';
import type { SectionOwner } from '../../../nodes/erizo/slot.ts';
import { offered } from '../../../nodes/erizo/slot.ts';
import { Slots } from '../../../nodes/erizo/slots.ts';
import { sentOn } from '../../support/sdp-side.ts';
import { capabilities, fixture, fixtures, local, origin } from './sdp-kit.ts';

const ownerOf = (streamId: string): SectionOwner => ({
  streamId,
  refused: () => undefined,
  mediaBegan: () => undefined,
});

const [one, two] = ['100000000000000001', '100000000000000002'];
const sections: readonly OfferedSection[] = [
  ...sentOn(fixture('chromium-publish'), one ?? '', 0),
  ...sentOn(fixture('chromium-publish'), two ?? '', 2),
];

/** The sections of another process, as it offered them last. */
function restored(of: readonly OfferedSection[], streams: readonly (string | undefined)[]): Slots {
  const slots = new Slots();
  const last = readDescription(writeOffer(of, local, origin));
  slots.restore(last, new Set(streams.flatMap((stream) => stream ?? [])));
  return slots;
}

/** `mid direction streamId` of each section, as the client would read the next offer. */
function offerOf(slots: Slots): string[] {
  const text = writeOffer(slots.all.flatMap(offered), local, origin);
  return readDescription(text).sections.map(({ mid, rejected, sends, msid }) =>
    [mid, rejected ? 'rejected' : sends ? 'sends' : 'idle', msid?.streamId].join(' ').trim(),
  );
}

describe('what is sent to a client, in another process', () => {
  it('stays in its sections for the streams that come again, and in no others', () => {
    expect(offerOf(restored(sections, [one]))).toEqual([
      `0 sends ${one}`,
      `1 sends ${one}`,
      '2 idle',
      '3 idle',
    ]);
  });

  it('comes again in the section that stayed for it; another stream takes one that is free', () => {
    const slots = restored(sections, [one]);
    expect(slots.reserve(ownerOf('another'), 'video').mid).toBe('3');
    expect(slots.reserve(ownerOf(one ?? ''), 'video').mid).toBe('1');
    expect(slots.reserve(ownerOf('a third'), 'video').mid).toBe('4');
  });

  it('keeps its section while its way fails, until it is given up', () => {
    const slots = restored(sections, [one, two]);
    const owner = ownerOf(two ?? '');
    slots.reserve(owner, 'audio');
    expect(slots.free(owner)).toBe(0);
    expect(offerOf(slots)).toContain(`2 sends ${two}`);
    expect(slots.release(two ?? '')).toBe(2);
    expect(offerOf(slots).slice(2)).toEqual(['2 idle', '3 idle']);
    expect(slots.someKept).toBe(true);
  });

  it('leaves its section idle when it goes after it had come', () => {
    const slots = restored(sections, [one]);
    const owner = ownerOf(one ?? '');
    const slot = slots.reserve(owner, 'video');
    const closed: string[] = [];
    const consumer = { close: () => closed.push('track') };
    Object.assign(slot, { consumer: consumer as Partial<Consumer>, kept: undefined });
    expect(slots.sent().get(slot)).toBe(owner);
    expect(slots.free(owner)).toBe(1);
    expect(closed).toEqual(['track']);
  });

  it('has nothing in a section that the client refused, for good', () => {
    const dead = sections.map((section, index) =>
      index === 1 ? { ...section, state: { type: 'dead' as const } } : section,
    );
    const slots = restored(dead, [one]);
    expect(offerOf(slots)[1]).toBe('1 rejected');
    expect(slots.reserve(ownerOf(one ?? ''), 'video').mid).toBe('3');
  });
});

describe('what a client publishes, in another process', () => {
  it.each(fixtures)('is offered to be received as %s described it', (name) => {
    const last = readDescription(fixture(name));
    const accepted = new Map<string, Chosen>();
    for (const section of last.sections) {
      const chosen = section.sends ? choose(section, capabilities) : undefined;
      if (chosen !== undefined) {
        accepted.set(section.mid, chosen);
      }
    }
    const text = writeReceivingOffer(last, local, accepted, origin);
    const offer = readDescription(text);
    expect(offer.ice).toEqual(local.ice);
    expect(offer.setup).toBe('actpass');
    expect(offer.sections.map(({ mid, kind }) => `${mid} ${kind}`)).toEqual(
      last.sections.map(({ mid, kind }) => `${mid} ${kind}`),
    );
    for (const [index, section] of offer.sections.entries()) {
      const { mid = '', rids = [], rejected } = last.sections[index] ?? {};
      expect(section.receives).toBe(accepted.has(mid) && rejected === false);
      expect(section.receives ? section.codecs[0]?.payloadType : undefined).toBe(
        section.receives ? accepted.get(mid)?.codec.payloadType : undefined,
      );
      if (section.receives && rids.length > 0) {
        expect(text).toContain(`a=simulcast:recv ${rids.join(';')}`);
      }
    }
  });
});
