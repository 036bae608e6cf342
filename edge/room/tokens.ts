import * as v from 'valibot';
import { RizomaError } from '../../protocol/errors.ts';
import { newTokenId, TokenId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { Place } from '../../protocol/place.ts';
import { Host, RegionPin } from '../../protocol/token.ts';

/** A token as its room keeps it, until it expires. */
export const TokenRecord = v.strictObject({
  state: v.picklist(['fresh', 'used']),
  tokenId: TokenId,
  userName: v.string(),
  role: v.string(),
  /** The host that was signed, where Licode's clients go. */
  host: Host,
  pin: RegionPin,
  /** Where the app says that the participant is. */
  place: v.optional(Place),
  expiresAt_ms: v.number(),
});
export type TokenRecord = v.InferOutput<typeof TokenRecord>;

export type NewToken = Omit<TokenRecord, 'state' | 'tokenId' | 'expiresAt_ms'>;

/** A fresh token of the room. */
export function issueToken(roomId: string, token: NewToken, now_ms: number): TokenRecord {
  const expiresAt_ms = now_ms + limits.token_ttl_s * 1000;
  return { ...token, state: 'fresh', tokenId: newTokenId(roomId), expiresAt_ms };
}

/**
 * The token, if it may be used. Throws `token_used` or `token_expired`. Only tokens with our
 * signature are asked for, so one that the room does not have was swept after it expired.
 */
export function usableToken(token: TokenRecord | undefined, now_ms: number): TokenRecord {
  if (token === undefined || token.expiresAt_ms <= now_ms) {
    throw new RizomaError('token_expired', 'the token has expired: ask the app for another one');
  }
  if (token.state === 'used') {
    throw new RizomaError('token_used', 'the token was used: ask the app for another one');
  }
  return token;
}

/** The token after its one use; at the host, if one is given. Throws `token_wrong_host` besides. */
export function consumeToken(
  token: TokenRecord | undefined,
  { now_ms, host }: { now_ms: number; host?: string },
): TokenRecord {
  const usable = usableToken(token, now_ms);
  if (host !== undefined && usable.host !== host) {
    throw new RizomaError('token_wrong_host', 'the token is for another controller');
  }
  return { ...usable, state: 'used' };
}
