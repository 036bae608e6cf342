import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalInConstantTime, fromBase64, toBase64 } from '../../../protocol/bytes.ts';
import { newHexId, newStreamId, newTokenId, newUuid, roomOfToken } from '../../../protocol/ids.ts';
import { mauthHeader, mauthSignature, parseMAuth } from '../../../protocol/mauth.ts';
import { parse } from '../../../protocol/parse.ts';
import { checkPass, Pass, signPass } from '../../../protocol/pass.ts';
import { peerIdOf } from '../../../protocol/peer-id.ts';
import type { Ticket } from '../../../protocol/ticket.ts';
import {
  checkTicket,
  parseTicketKey,
  publicTicketKey,
  signTicket,
  ticketSecretOf,
} from '../../../protocol/ticket.ts';
import {
  checkTokenSignature,
  decodeToken,
  encodeToken,
  signToken,
  tokenOfQuery,
} from '../../../protocol/token.ts';
import { unprovenEntry } from '../../support/entry.ts';

/** Licode's signature, computed by another library. */
function licodeSignature(key: string, text: string): string {
  return Buffer.from(createHmac('sha1', key).update(text).digest('hex')).toString('base64');
}

const now_ms = 1_700_000_000_000;

function newKey(): ReturnType<typeof parseTicketKey> {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return parseTicketKey(Buffer.from(JSON.stringify(jwk)).toString('base64url'));
}

describe('a signed request', () => {
  const auth = { serviceid: newHexId(), timestamp: String(now_ms), cnonce: '12345' };

  test('has the signature that Licode computes, with a user and without', async () => {
    expect(await mauthSignature('key', auth)).toBe(licodeSignature('key', `${now_ms},12345`));
    const user = { ...auth, username: 'ann', role: 'presenter' };
    expect(await mauthSignature('key', user)).toBe(
      licodeSignature('key', `${now_ms},12345,ann,presenter`),
    );
  });

  test('is read back from its own header', async () => {
    const user = { ...auth, username: 'Zoë Ünal', role: 'viewer' };
    const parsed = parseMAuth(await mauthHeader('key', user));
    expect(parsed).toMatchObject(user);
    expect(parsed.signature).toBe(await mauthSignature('key', user));
  });

  test('is refused with a code whatever else the header holds', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `MAuth ${text}`),
        ),
        (header) => {
          expect(() => parseMAuth(header)).toThrowError(
            expect.objectContaining({ code: 'unauthorized' }),
          );
        },
      ),
    );
  });
});

describe('a pass', () => {
  const tokenId = newTokenId(newHexId());
  const key = newKey();
  const pass = { tokenId, userName: 'ann', role: 'viewer', pin: { jurisdiction: 'eu' }, epoch: 2 };

  test('is read back until it expires, and is not taken from another signer', async () => {
    const signed = await signPass(key, parse(Pass, pass, 'pass'), { now_ms, ttl_s: 60 });
    const check = [publicTicketKey(key)];
    expect(await checkPass(check, signed, now_ms + 59_000)).toEqual(pass);
    await expect(checkPass(check, signed, now_ms + 60_000)).rejects.toMatchObject({
      code: 'token_expired',
    });
    await expect(checkPass([publicTicketKey(newKey())], signed, now_ms)).rejects.toMatchObject({
      code: 'token_forged',
    });
  });
});

describe('a token', () => {
  const tokenId = newTokenId(newHexId());

  test('has the signature that Licode computes, and no other passes', async () => {
    const signature = await signToken('key', tokenId, '10.0.0.1:8080');
    expect(signature).toBe(licodeSignature('key', `${tokenId},10.0.0.1:8080`));
    const token = { tokenId, host: '10.0.0.1:8080', secure: false, signature };
    await checkTokenSignature(['key'], token);
    const forged = expect.objectContaining({ code: 'token_forged' });
    await expect(checkTokenSignature(['other'], token)).rejects.toEqual(forged);
    await expect(checkTokenSignature(['key'], { ...token, host: 'evil:1' })).rejects.toEqual(
      forged,
    );
  });

  test('is read back, and from the query of a handshake where everything is text', async () => {
    const token = {
      tokenId,
      host: 'eu.example.org:443',
      secure: true,
      signature: await signToken('key', tokenId, 'eu.example.org:443'),
      edge: 'https://edge.example.org',
      regions: { allow: ['eu-west'] },
    };
    expect(decodeToken(encodeToken(token))).toEqual(token);
    const { signature, host } = token;
    expect(tokenOfQuery({ tokenId, host, signature, secure: 'true', EIO: '4' })).toEqual({
      tokenId,
      host,
      signature,
      secure: true,
    });
    expect(tokenOfQuery({ ...token, secure: 'true', pass: 'a.b.c' }).pass).toBe('a.b.c');
    expect(roomOfToken(tokenId)).toBe(tokenId.slice(0, 24));
  });

  test('is refused as malformed whatever else the text is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string().map(toBase64), fc.json().map(toBase64)),
        (text) => {
          expect(() => decodeToken(text)).toThrowError(
            expect.objectContaining({ code: 'token_malformed' }),
          );
        },
      ),
    );
  });
});

describe('a ticket', () => {
  const key = newKey();
  const ticket: Ticket = {
    nodeId: 'eu-west-1',
    clientId: newUuid(),
    roomId: newHexId(),
    requestId: 'a-request',
    userName: 'ann',
    role: 'presenter',
    region: 'eu-west',
    joinedAt_ms: now_ms,
    issuedAt_ms: now_ms,
    proof: unprovenEntry().proof,
    jti: newUuid(),
  };
  const here = { nodeId: 'eu-west-1', now_ms };
  const peerId = peerIdOf(newKey());
  const secretOf = (node: { nodeId?: string; peerId?: string; key?: typeof key } = {}) =>
    ticketSecretOf(node.key ?? key, { nodeId: 'eu-west-1', peerId, ...node });

  test('tells the controller all it needs, under the secret of its node', async () => {
    const text = await signTicket(await secretOf(), ticket, now_ms);
    expect(await checkTicket([await secretOf()], text, here)).toEqual(ticket);
  });

  test('is refused elsewhere and later', async () => {
    const text = await signTicket(await secretOf(), ticket, now_ms);
    const elsewhere = { ...here, nodeId: 'us-east-1' };
    await expect(checkTicket([await secretOf(elsewhere)], text, elsewhere)).rejects.toMatchObject({
      code: 'ticket_wrong_host',
    });
    const late = { ...here, now_ms: now_ms + 121_000 };
    await expect(checkTicket([await secretOf()], text, late)).rejects.toMatchObject({
      code: 'ticket_expired',
    });
  });

  test('is forged under the secret of another node, of another key under that id, or of another edge', async () => {
    for (const secret of [
      await secretOf({ nodeId: 'us-east-1' }),
      await secretOf({ peerId: peerIdOf(newKey()) }),
      await secretOf({ key: newKey() }),
      // What everybody knows is no secret.
      key.x,
      JSON.stringify(publicTicketKey(key)),
    ]) {
      const text = await signTicket(secret, ticket, now_ms);
      await expect(checkTicket([await secretOf()], text, here)).rejects.toMatchObject({
        code: 'ticket_forged',
      });
    }
  });

  test('is refused as forged whatever else the text is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(checkTicket([await secretOf()], text, here)).rejects.toMatchObject({
          code: 'ticket_forged',
        });
      }),
    );
  });

  test('is signed with a key that configuration holds as text', () => {
    const text = Buffer.from(JSON.stringify(key)).toString('base64url');
    expect(parseTicketKey(text)).toEqual(key);
    expect(() => parseTicketKey('nonsense')).toThrowError(/RIZOMA_TICKET_KEY/);
    expect(() => parseTicketKey('nonsense', 'RIZOMA_OTHER')).toThrowError(/RIZOMA_OTHER/);
  });
});

test('text survives base64', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(fromBase64(toBase64(text))).toBe(text);
    }),
  );
});

test('constant-time equality is equality', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(equalInConstantTime(a, b)).toBe(a === b);
      expect(equalInConstantTime(a, a)).toBe(true);
    }),
  );
});

test('a stream id has 18 digits', () => {
  for (let round = 0; round < 1_000; round += 1) {
    expect(newStreamId()).toMatch(/^[1-9][0-9]{17}$/);
  }
});
