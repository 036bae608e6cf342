import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { newHexId } from '../../../protocol/ids.ts';
import { goodMAuth, MAuth, mauthHeader, parseMAuth } from '../../../protocol/mauth.ts';

const withoutComma = (text: string): string => text.replaceAll(',', ';');
const right = {
  serviceid: fc.constant(newHexId()),
  timestamp: fc.integer({ min: 0 }).map(String),
  cnonce: fc.string({ minLength: 1, maxLength: 64 }).map(withoutComma),
  username: fc.string({ maxLength: 256 }),
  role: fc.string({ maxLength: 256 }).map(withoutComma),
  signature: fc.string({ minLength: 1, maxLength: 128 }),
  signature_method: fc.constant('HMAC_SHA1'),
};
/** Near the edges of what is allowed, on both sides. */
const doubtful = fc.oneof(
  fc.string(),
  fc.constantFrom('', '1234', newHexId(), `${newHexId()}\n`, newHexId().toUpperCase(), 'hmac_sha1'),
  fc.constantFrom(0, 1, 16, 17, 64, 65, 128, 129, 256, 257).map((length) => '1'.repeat(length)),
);
const names = [...Object.keys(right), 'other', '__proto__', 'constructor'];
const signed = fc.record(right, {
  requiredKeys: ['serviceid', 'timestamp', 'cnonce', 'signature', 'signature_method'],
});

describe('what is seen to be good of a signed request', () => {
  it('is all that the schema takes of what clients send', () => {
    fc.assert(
      fc.property(signed, (fields) => {
        expect(goodMAuth(defined(fields))).toEqual(v.parse(MAuth, fields));
      }),
    );
  });

  it('is nothing that the schema refuses, and is read as the schema reads it', () => {
    const spoilt = fc.tuple(signed, fc.dictionary(fc.constantFrom(...names), doubtful));
    let refused = 0;
    fc.assert(
      fc.property(spoilt, ([fields, others]) => {
        const all = defined({ ...fields, ...others });
        const good = goodMAuth(all);
        const bySchema = v.safeParse(MAuth, all);
        refused += bySchema.success ? 0 : 1;
        expect(good !== undefined).toBe(bySchema.success);
        if (bySchema.success) {
          expect(good).toEqual(bySchema.output);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(refused).toBeGreaterThan(200);
  });

  it.each([
    ['cnonce', { cnonce: '1,ann', username: 'b', role: 'presenter' }],
    ['role', { cnonce: '1', username: 'ann', role: 'b,presenter' }],
  ])(
    'is nothing with a comma in its %s, which could be signed as another request',
    async (_field, fields) => {
      const auth = { serviceid: newHexId(), timestamp: '1700000000000', ...fields };
      const header = await mauthHeader('key', auth);
      expect(() => parseMAuth(header)).toThrow(/Authorization/);
    },
  );

  it('is a whole header, as clients build it', async () => {
    const auth = { serviceid: newHexId(), timestamp: '1700000000000', cnonce: '12345' };
    const user = { ...auth, username: 'a,b=c mauth_role', role: 'presenter' };
    expect(parseMAuth(await mauthHeader('key', user))).toMatchObject(user);
  });
});

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}
