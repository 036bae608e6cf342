import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../protocol/bytes.ts';
import { parseCredentials } from '../../../protocol/credentials.ts';
import { newHexId } from '../../../protocol/ids.ts';
import { limits } from '../../../protocol/limits.ts';
import { checkServiceJwt } from '../../../protocol/service-jwt.ts';

const key = 'the key of a service, which is long enough';
const iss = newHexId();
const now_s = 1_700_000_000;
const { clockSkew_s, serviceJwt_ttl_s, onceJwt_ttl_s } = limits;

async function jwt(
  claims: JWTPayload,
  header: JWTHeaderParameters = { alg: 'HS256' },
): Promise<string> {
  return await new SignJWT(claims).setProtectedHeader(header).sign(utf8(key));
}

const check = async (claims: JWTPayload, header?: JWTHeaderParameters): Promise<unknown> =>
  await checkServiceJwt([key], await jwt(claims, header), now_s * 1000);
const unauthorized = expect.objectContaining({ code: 'unauthorized' });

describe('a JWT of a service', () => {
  test('is good from its first second to its last, give or take the skew', async () => {
    const exp = now_s + 100;
    expect(await check({ iss, exp })).toEqual({ iss, exp });
    await check({ iss, exp: now_s - clockSkew_s + 1 });
    await check({ iss, exp, nbf: now_s + clockSkew_s, iat: now_s + clockSkew_s });
    for (const claims of [
      { iss, exp: now_s - clockSkew_s },
      { iss, exp, nbf: now_s + clockSkew_s + 1 },
      { iss, exp, iat: now_s + clockSkew_s + 1 },
    ]) {
      await expect(check(claims)).rejects.toThrowError(unauthorized);
    }
  });

  test('lives no longer than is bearable, and shorter where it is good once', async () => {
    await check({ iss, exp: now_s + serviceJwt_ttl_s });
    await check({ iss, exp: now_s + onceJwt_ttl_s, jti: 'once' });
    for (const claims of [
      { iss, exp: now_s + serviceJwt_ttl_s + 1 },
      { iss, exp: now_s + onceJwt_ttl_s + 1, jti: 'once' },
    ]) {
      await expect(check(claims)).rejects.toThrowError(/ s from now/);
    }
    // Were it longer, the nonce would be forgotten while the JWT is good.
    expect(onceJwt_ttl_s + clockSkew_s).toBeLessThanOrEqual(limits.replayWindow_s);
  });

  test('has an expiry and a service, and names a user in text', async () => {
    const exp = now_s + 100;
    const user = { username: 'Zoë, 日本 🎓', role: 'presenter' };
    expect(await check({ iss, exp, ...user })).toMatchObject(user);
    for (const claims of [
      { iss },
      { exp },
      { iss: 'nobody', exp },
      { iss, exp, username: 'x'.repeat(limits.name_chars + 1) },
      { iss, exp, role: 5 as unknown as string },
      { iss, exp, jti: '' },
    ]) {
      await expect(check(claims)).rejects.toThrowError(unauthorized);
    }
  });

  test('is refused with every algorithm but HS256', async () => {
    const claims = { iss, exp: now_s + 100 };
    await expect(check(claims, { alg: 'HS512' })).rejects.toThrowError(unauthorized);
    const unsecured = new UnsecuredJWT(claims).encode();
    await expect(checkServiceJwt([key], unsecured, now_s * 1000)).rejects.toThrowError(
      unauthorized,
    );
    // The confusion of kinds: a public key, which is no secret, as the key of an HMAC and back.
    const pair = generateKeyPairSync('ed25519');
    const jwk = pair.privateKey.export({ format: 'jwk' });
    const signed = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA' })
      .sign(await importJWK(jwk, 'EdDSA'));
    const spki = await exportSPKI(pair.publicKey);
    await expect(checkServiceJwt([spki], signed, now_s * 1000)).rejects.toThrowError(unauthorized);
  });

  test('is refused when any of it was changed, and with the key of another service', async () => {
    const text = await jwt({ iss, exp: now_s + 100, role: 'viewer' });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('A', 'a', '0', '_', '.'),
        async (at, other) => {
          const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
          // The last character of base64 may hold bits that mean nothing.
          fc.pre(changed !== text && at < text.length - 1);
          await expect(checkServiceJwt([key], changed, now_s * 1000)).rejects.toThrowError(
            unauthorized,
          );
        },
      ),
    );
    await expect(checkServiceJwt(['another'], text, now_s * 1000)).rejects.toThrowError(
      unauthorized,
    );
  });
});

describe('an Authorization header', () => {
  test('names its service in either scheme, written in any case', async () => {
    const text = await jwt({ iss });
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect(parseCredentials(`${scheme} ${text}`)).toEqual({
        scheme: 'bearer',
        serviceId: iss,
        jwt: text,
      });
    }
    const fields = `mauth_signature_method=HMAC_SHA1,mauth_username=Doe, Jane = J.,mauth_role=viewer,`;
    const rest = `mauth_serviceid=${iss},mauth_cnonce=1,mauth_timestamp=1,mauth_signature=x=`;
    expect(parseCredentials(`mauth realm=x,${fields}${rest}`)).toMatchObject({
      scheme: 'mauth',
      serviceId: iss,
      mauth: { username: 'Doe, Jane = J.', role: 'viewer', signature: 'x=' },
    });
  });

  test('is refused with a code whatever else it holds', () => {
    for (const header of [
      undefined,
      '',
      'Bearer',
      'Bearer x.y.z',
      `Bearer ${'a'.repeat(100_000)}`,
      `MAuth realm=x,mauth_serviceid=${iss},mauth_username=\uFFFD`,
    ]) {
      expect(() => parseCredentials(header)).toThrowError(unauthorized);
    }
    fc.assert(
      fc.property(fc.constantFrom('MAuth ', 'Bearer ', ''), fc.string(), (scheme, text) => {
        expect(() => parseCredentials(scheme + text)).toThrowError(unauthorized);
      }),
    );
  });
});
