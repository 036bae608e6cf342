import { describe, expect, it } from 'vitest';
import { consumeToken, issueToken, usableToken } from '../../../edge/room/tokens.ts';
import { limits } from '../../../protocol/limits.ts';

const wish = { userName: 'ann', role: 'presenter', host: '127.0.1.1:8030', pin: {} };
const roomId = '0123456789abcdef01234567';
const fresh = issueToken(roomId, wish, 1_000);

describe('a token of a room', () => {
  it('is used once', () => {
    const used = consumeToken(fresh, { now_ms: 2_000 });
    expect(used.state).toBe('used');
    expect(() => consumeToken(used, { now_ms: 2_000 })).toThrow(
      expect.objectContaining({ code: 'token_used' }),
    );
  });

  it('expires after three minutes, whether or not it was swept', () => {
    const end_ms = 1_000 + limits.token_ttl_s * 1_000;
    expect(usableToken(fresh, end_ms - 1)).toBe(fresh);
    const expired = expect.objectContaining({ code: 'token_expired' });
    expect(() => usableToken(fresh, end_ms)).toThrow(expired);
    expect(() => usableToken(undefined, 0)).toThrow(expired);
  });

  it('is good at its own host alone, and the wrong host does not use it up', () => {
    expect(() => consumeToken(fresh, { now_ms: 2_000, host: '127.0.2.1:8030' })).toThrow(
      expect.objectContaining({ code: 'token_wrong_host' }),
    );
    expect(consumeToken(fresh, { now_ms: 2_000, host: wish.host }).state).toBe('used');
  });

  it('tells by its id which room keeps it', () => {
    expect(fresh.tokenId.startsWith(`${roomId}.`)).toBe(true);
  });
});
