import { decodeProtectedHeader } from 'jose';
import { describe, expect, it } from 'vitest';
import { newHexId, newUuid } from '../../../protocol/ids.ts';
import { signHs256Jwt } from '../../../protocol/jwt.ts';
import { limits } from '../../../protocol/limits.ts';
import { checkReentry, signReentry } from '../../../protocol/reentry.ts';

const now_ms = 1_700_000_000_000;
const forged = { code: 'token_forged' };
const reentry = {
  clientId: newUuid(),
  roomId: newHexId(),
  userName: 'Zoë Ünal 🎉',
  role: 'viewer',
  pin: { allow: ['eu-west'] },
  place: { lat: 53.35, lon: -6.26 },
  epoch: 2,
  joinedAt_ms: now_ms,
};

describe('a re-entry', () => {
  it('is read back until it expires', async () => {
    const text = await signReentry('secret', reentry);
    const last_ms = now_ms + limits.reentry_ttl_s * 1000 - 1;
    expect(await checkReentry(['secret'], text, last_ms)).toEqual(reentry);
    await expect(checkReentry(['secret'], text, last_ms + 1)).rejects.toMatchObject({
      code: 'token_expired',
    });
  });

  it('is taken from nobody else, and nothing else of its signer is taken for it', async () => {
    const text = await signReentry('secret', reentry);
    await expect(checkReentry(['other'], text, now_ms)).rejects.toMatchObject(forged);
    const { alg, typ } = decodeProtectedHeader(text);
    expect({ alg, typ }).toEqual({ alg: 'HS256', typ: 'rizoma-reentry+jwt' });
    const { clientId: sub, ...claims } = reentry;
    const other = await signHs256Jwt('secret', 'another+jwt', { ...claims, sub });
    await expect(checkReentry(['secret'], other, now_ms)).rejects.toMatchObject(forged);
    const [header, payload] = text.split('.');
    for (const bad of [`${header}.${payload}.`, `${header}.${payload}`, '', `${text}A`]) {
      await expect(checkReentry(['secret'], bad, now_ms)).rejects.toMatchObject(forged);
    }
  });
});
