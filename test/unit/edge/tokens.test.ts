import { describe, expect, it } from 'vitest';
import type { TokenRecord } from '../../../edge/room/tokens.ts';
import {
  consumeToken,
  issueToken,
  refuseOutside,
  reusableToken,
  usableToken,
} from '../../../edge/room/tokens.ts';

const wish = { userName: 'ann', role: 'presenter', host: '127.0.1.1:8030', pin: {} };
const roomId = '0123456789abcdef01234567';
const life = { uses: 1, ttl_s: 180, now_ms: 1_000 };
const fresh = issueToken(roomId, wish, life);
const used = expect.objectContaining({ code: 'token_used' });

describe('a token of a room', () => {
  it('is used once', () => {
    const after = consumeToken(fresh, { now_ms: 2_000 });
    expect(after.usesLeft).toBe(0);
    expect(() => consumeToken(after, { now_ms: 2_000 })).toThrow(used);
  });

  it('is used as often as the app says', () => {
    let token: TokenRecord = issueToken(roomId, wish, { ...life, uses: 3 });
    for (const _ of [1, 2, 3]) {
      token = consumeToken(token, { now_ms: 2_000 });
    }
    expect(() => consumeToken(token, { now_ms: 2_000 })).toThrow(used);
  });

  it('expires when the app says, whether or not it was swept', () => {
    const end_ms = 1_000 + 180_000;
    expect(usableToken(fresh, end_ms - 1)).toBe(fresh);
    const expired = expect.objectContaining({ code: 'token_expired' });
    expect(() => usableToken(fresh, end_ms)).toThrow(expired);
    expect(() => usableToken(undefined, 0)).toThrow(expired);
    expect(() => usableToken(issueToken(roomId, wish, { ...life, ttl_s: 1 }), 2_000)).toThrow(
      expired,
    );
  });

  it('is good at its own host alone, and the wrong host does not use it up', () => {
    expect(() => consumeToken(fresh, { now_ms: 2_000, host: '127.0.2.1:8030' })).toThrow(
      expect.objectContaining({ code: 'token_wrong_host' }),
    );
    expect(consumeToken(fresh, { now_ms: 2_000, host: wish.host }).usesLeft).toBe(0);
  });

  it('tells by its id which room keeps it', () => {
    expect(fresh.tokenId.startsWith(`${roomId}.`)).toBe(true);
  });
});

describe('a controller', () => {
  it('outside the pin lets nobody in, and the pin is named', () => {
    const pin = { allow: ['eu-west'], jurisdiction: 'eu' } as const;
    const inside = { region: 'eu-west', jurisdiction: 'eu' } as const;
    expect(() => refuseOutside({ ...pin, allow: ['eu-west'] }, inside)).not.toThrow();
    for (const at of [{ region: 'us-east' }, { region: 'eu-west' }]) {
      expect(() => refuseOutside({ ...pin, allow: ['eu-west'] }, at)).toThrow(
        expect.objectContaining({
          code: 'token_wrong_host',
          message: expect.stringContaining('(allow eu-west; jurisdiction eu)'),
        }),
      );
    }
  });
});

describe('a token of the room for tests', () => {
  const asked = { role: 'presenter', pin: {}, hosts: [wish.host], now_ms: 2_000 };

  it('serves the next request, unless it is worn out, or was made for another role, pin or host', () => {
    const token = issueToken(roomId, wish, { ...life, uses: 2 });
    expect(reusableToken([token], asked)).toBe(token);
    for (const other of [
      { role: 'viewer' },
      { pin: { deny: ['eu-west'] } },
      { hosts: ['127.0.2.1:8030'] },
      { now_ms: token.expiresAt_ms },
    ]) {
      expect(reusableToken([token], { ...asked, ...other })).toBeUndefined();
    }
    expect(reusableToken([{ ...token, usesLeft: 0 }], asked)).toBeUndefined();
  });
});
