import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { toBase64 } from '../../../protocol/bytes.ts';
import { newRoomId, newTokenId } from '../../../protocol/ids.ts';
import { decodeSigned, SignedToken } from '../../../protocol/token.ts';

const good = {
  tokenId: newTokenId(newRoomId()),
  host: 'eu-west-1.example.org:8080',
  secure: true,
  signature: 'c2lnbmVk',
};

/** Mostly as it should be, and at times next to it. */
function near<T>(right: T): fc.Arbitrary<unknown> {
  const text = String(right);
  const changed = fc
    .tuple(fc.nat(text.length), fc.string({ unit: 'binary', maxLength: 2 }))
    .map(([at, more]) => text.slice(0, at) + more + text.slice(at + 1));
  const wrong = fc.oneof(changed, fc.constant(''), fc.constant('x'.repeat(300)), fc.jsonValue());
  return fc.oneof({ weight: 4, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: wrong });
}

const tokens = fc.record(
  {
    tokenId: near(good.tokenId),
    host: near(good.host),
    secure: near(good.secure),
    signature: near(good.signature),
    pass: near('a.b.c'),
    edge: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

describe('a token that is read in a hurry', () => {
  it('is what the schema says of it, and refused where that refuses it', () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: tokens }, fc.jsonValue()), (token) => {
        const json = JSON.stringify(token);
        const text = toBase64(json);
        const parsed = v.safeParse(SignedToken, JSON.parse(json));
        if (parsed.success) {
          taken += 1;
          expect(decodeSigned(text)).toEqual(parsed.output);
        } else {
          expect(() => decodeSigned(text)).toThrow(
            expect.objectContaining({ code: 'token_malformed' }),
          );
        }
      }),
      { numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });
});
