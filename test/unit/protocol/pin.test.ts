import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RizomaError } from '../../../protocol/errors.ts';
import { Jurisdiction, jurisdictionOf, newRoomId } from '../../../protocol/ids.ts';
import { allows, intersectPins, pinWords, roomPin } from '../../../protocol/pin.ts';
import type { RegionPin } from '../../../protocol/token.ts';

const regions = ['a', 'b', 'c', 'd'];
const jurisdictions = [undefined, 'eu', 'us'] as const;
const places = regions.flatMap((region) =>
  jurisdictions.map((jurisdiction) => ({ region, jurisdiction })),
);
const some = fc.option(fc.subarray(regions, { minLength: 1 }), { nil: undefined });
const anyPin = fc
  .record({
    allow: some,
    deny: some,
    prefer: some,
    jurisdiction: fc.constantFrom(...jurisdictions),
  })
  .map(({ allow, deny, prefer, jurisdiction }): RegionPin => ({
    ...(allow === undefined ? {} : { allow }),
    ...(deny === undefined ? {} : { deny }),
    ...(prefer === undefined ? {} : { prefer }),
    ...(jurisdiction === undefined ? {} : { jurisdiction }),
  }));

function intersected(first: RegionPin, second: RegionPin): RegionPin | undefined {
  try {
    return intersectPins(first, second);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'pin_empty' });
    return undefined;
  }
}

describe('the intersection of two pins', () => {
  it('allows a place exactly where both do', () => {
    fc.assert(
      fc.property(anyPin, anyPin, (first, second) => {
        const both = intersected(first, second);
        for (const place of places) {
          const isAllowed = both !== undefined && allows(both, place);
          expect(isAllowed).toBe(allows(first, place) && allows(second, place));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('prefers what the participant does', () => {
    const room = { allow: ['a', 'b'] };
    expect(intersectPins(room, { prefer: ['b'] })).toEqual({ allow: ['a', 'b'], prefer: ['b'] });
  });

  it('names both pins where they leave nothing', () => {
    const run = (): unknown =>
      intersectPins(roomPin({ regions: { allow: ['a', 'b'] }, jurisdiction: 'eu' }), {
        deny: ['b'],
        jurisdiction: 'us',
      });
    expect(run).toThrow(RizomaError);
    expect(run).toThrow('(allow a, b; jurisdiction eu; and deny b; jurisdiction us)');
  });
});

describe('the words of a pin', () => {
  it('are none where it demands nothing', () => {
    expect(pinWords({ prefer: ['a'], deny: [] })).toBe('');
  });
});

describe('the id of a room', () => {
  it('tells its jurisdiction, and tells none where there is none', () => {
    for (const jurisdiction of Jurisdiction.options) {
      expect(newRoomId(jurisdiction)).toMatch(/^[0-9a-f]{24}$/);
      expect(jurisdictionOf(newRoomId(jurisdiction))).toBe(jurisdiction);
    }
    const ids = Array.from({ length: 20_000 }, () => newRoomId());
    expect(ids.filter((id) => id.startsWith('fee'))).toEqual([]);
    expect(ids.map(jurisdictionOf).filter((one) => one !== undefined)).toEqual([]);
  });
});
