import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkGrant, newerGrant, signGrant } from '../../../protocol/grant.ts';
import { limits } from '../../../protocol/limits.ts';
import type { Whereabouts } from '../../../protocol/pin.ts';
import { allows } from '../../../protocol/pin.ts';
import { publicTicketKey, signTicket } from '../../../protocol/ticket.ts';
import { newTicketKey } from '../../fakes/fake-edge.ts';
import { unprovenEntry } from '../../support/entry.ts';

const key = await newTicketKey();
const publicKey = publicTicketKey(key);
const roomId = '0123456789abcdef01234567';
const serviceId = 'abcdef0123456789abcdef01';
const now_ms = 1_800_000_000_000;
const here: Whereabouts = { region: 'eu-west' };

const check = (
  text: string,
  expected: { roomId?: string; ends?: Whereabouts[]; now_ms?: number },
) => checkGrant([publicKey], text, { roomId, ends: [here], now_ms, ...expected });
const forbidden = (words: RegExp) => ({ code: 'forbidden', message: expect.stringMatching(words) });

describe('a grant', () => {
  test('says what the edge has signed, for its room, until it expires', async () => {
    const grant = { roomId, serviceId, regions: { allow: ['eu-west'] }, epoch: 3 };
    const text = await signGrant(key, grant, now_ms);
    expect(await check(text, {})).toMatchObject(grant);
    const late_ms = now_ms + (limits.grant_ttl_s + limits.clockSkew_s) * 1_000;
    await expect(check(text, { now_ms: late_ms })).rejects.toMatchObject(forbidden(/has expired/));
    const other = { roomId: 'ffffffffffffffffffffffff' };
    await expect(check(text, other)).rejects.toMatchObject(forbidden(/another room/));
  });

  test('that somebody else signed, or that is something else, is refused', async () => {
    const forged = await signGrant(await newTicketKey(), { roomId, serviceId, epoch: 0 }, now_ms);
    const client = { clientId: '5ba5e1f5-3f6b-4c62-8a51-0b1f1e8d6c11', nodeId: 'n', region: 'r' };
    const visitor = {
      ...client,
      roomId,
      userName: 'a',
      role: 'b',
      jti: client.clientId,
      requestId: client.clientId,
      joinedAt_ms: now_ms,
      issuedAt_ms: now_ms,
      proof: unprovenEntry().proof,
    };
    const ticket = await signTicket(key.d, visitor, now_ms);
    for (const text of [forged, ticket, '', 'x.y.z']) {
      await expect(check(text, {})).rejects.toMatchObject(forbidden(/not signed by the edge/));
    }
  });

  test('lets media be where the pin allows it at both ends, and nowhere else', async () => {
    const region = fc.constantFrom('eu-west', 'us-east', 'ap-northeast');
    const jurisdiction = fc.option(fc.constantFrom('eu', 'us'), { nil: undefined });
    const place = fc.record({ region, jurisdiction });
    const regions = fc.record({
      allow: fc.option(fc.uniqueArray(region, { minLength: 1 }), { nil: undefined }),
      deny: fc.option(fc.uniqueArray(region), { nil: undefined }),
    });
    const any = fc.asyncProperty(regions, jurisdiction, place, place, async (pin, law, a, b) => {
      const grant = { roomId, serviceId, regions: pin, jurisdiction: law, epoch: 0 };
      const passed = await check(await signGrant(key, grant, now_ms), { ends: [a, b] }).then(
        () => true,
        () => false,
      );
      const whole = { ...pin, jurisdiction: law };
      expect(passed).toBe(allows(whole, a) && allows(whole, b));
    });
    await fc.assert(any, { numRuns: 300 });
  });

  test('of a later pin is the one to use, then one that is good for longer', async () => {
    const early = await signGrant(key, { roomId, serviceId, epoch: 1 }, now_ms);
    const late = await signGrant(key, { roomId, serviceId, epoch: 1 }, now_ms + 5_000);
    const changed = await signGrant(key, { roomId, serviceId, epoch: 2 }, now_ms);
    expect(newerGrant(undefined, early)).toBe(early);
    expect(newerGrant(early, late)).toBe(late);
    expect(newerGrant(late, early)).toBe(late);
    expect(newerGrant(late, changed)).toBe(changed);
    expect(newerGrant(changed, late)).toBe(changed);
  });
});
