import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { signHs256Jwt } from '../../../protocol/jwt.ts';
import { limits } from '../../../protocol/limits.ts';
import { checkStamp, signerOfStamp, signStamp } from '../../../protocol/stamp.ts';

const now_ms = 1_700_000_000_000;
const forged = { code: 'token_forged' };
const signer = {
  nodeId: 'eu-west-1',
  peerId: '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN',
};
const stamp = {
  clientId: newUuid(),
  roomId: newHexId(),
  enteredAt_ms: now_ms - 5_000,
  presentAt_s: now_ms / 1000,
};
const { clientId, roomId } = stamp;
const expected = { clientId, roomId, now_ms };

describe('a stamp', () => {
  it('says who signed it, and is read back until it expires', async () => {
    const text = await signStamp('secret', signer, stamp);
    expect(signerOfStamp(text)).toEqual(signer);
    const last_ms = now_ms + limits.absence_ttl_s * 1000 - 1;
    expect(await checkStamp(['secret'], text, { ...expected, now_ms: last_ms })).toEqual(stamp);
    expect(
      await checkStamp(['secret'], text, { ...expected, now_ms: last_ms + 1 }),
    ).toBeUndefined();
  });

  it('fits a request with the longest names', async () => {
    const text = await signStamp('secret', { ...signer, nodeId: 'a'.repeat(64) }, stamp);
    expect(text.length).toBeLessThan(limits.stamp_chars);
  });

  it('is taken from nobody else, of no other client or room, and not from the future', async () => {
    const text = await signStamp('secret', signer, stamp);
    await expect(checkStamp(['other'], text, expected)).rejects.toMatchObject(forged);
    for (const other of [{ clientId: newUuid() }, { roomId: newHexId() }]) {
      await expect(checkStamp(['secret'], text, { ...expected, ...other })).rejects.toMatchObject(
        forged,
      );
    }
    const early_ms = now_ms - limits.clockSkew_s * 1000;
    expect(await checkStamp(['secret'], text, { ...expected, now_ms: early_ms })).toEqual(stamp);
    const tooEarly = { ...expected, now_ms: early_ms - 1 };
    await expect(checkStamp(['secret'], text, tooEarly)).rejects.toMatchObject(forged);
  });

  it('is no other text that is signed with the same secret, and none that is altered', async () => {
    const text = await signStamp('secret', signer, stamp);
    expect(decodeProtectedHeader(text)).toEqual({ alg: 'HS256', typ: 'rizoma-stamp+jwt' });
    const { presentAt_s: iat, enteredAt_ms } = stamp;
    const claims = { roomId, enteredAt_ms, sub: clientId, iat, exp: iat + 60 };
    const other = await signHs256Jwt('secret', 'rizoma-ticket+jwt', claims);
    const [header, payload] = text.split('.');
    for (const bad of [other, `${header}.${payload}.`, `${header}.${payload}`, '', `${text}A`]) {
      await expect(checkStamp(['secret'], bad, expected)).rejects.toMatchObject(forged);
    }
    for (const bad of ['', 'x.y.z', other]) {
      expect(() => signerOfStamp(bad)).toThrowError(expect.objectContaining(forged));
    }
  });
});
