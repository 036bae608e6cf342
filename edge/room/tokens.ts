import * as v from 'valibot';
import { RizomaError } from '../../protocol/errors.ts';
import { newTokenId, TokenId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import { allows, pinWords } from '../../protocol/pin.ts';
import { Place } from '../../protocol/place.ts';
import { Host, RegionPin } from '../../protocol/token.ts';

/** A token as its room keeps it, until it expires. */
export const TokenRecord = v.strictObject({
  tokenId: TokenId,
  usesLeft: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
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

export type NewToken = Omit<TokenRecord, 'usesLeft' | 'tokenId' | 'expiresAt_ms'>;

/** A fresh token of the room. */
export function issueToken(
  roomId: string,
  token: NewToken,
  { uses, ttl_s, now_ms }: { uses: number; ttl_s: number; now_ms: number },
): TokenRecord {
  const expiresAt_ms = now_ms + ttl_s * 1000;
  return { ...token, tokenId: newTokenId(roomId), usesLeft: uses, expiresAt_ms };
}

/**
 * Of the tokens of the room for tests one that serves a request again, as with Licode, whatever the
 * user's name: for that role and pin, and at a host that is still offered.
 */
export function reusableToken(
  tokens: readonly TokenRecord[],
  wish: { role: string; pin: RegionPin; hosts: readonly string[]; now_ms: number },
): TokenRecord | undefined {
  const pin = JSON.stringify(wish.pin);
  return tokens.find(
    (token) =>
      token.usesLeft > 0 &&
      token.expiresAt_ms > wish.now_ms &&
      token.role === wish.role &&
      JSON.stringify(token.pin) === pin &&
      wish.hosts.includes(token.host),
  );
}

/**
 * The token, if it may be used. Throws `token_used` or `token_expired`. Only tokens with our
 * signature are asked for, so one that the room does not have was revoked, or swept after it expired.
 */
export function usableToken(token: TokenRecord | undefined, now_ms: number): TokenRecord {
  if (token === undefined || token.expiresAt_ms <= now_ms) {
    throw new RizomaError(
      'token_expired',
      'the token has expired or was revoked: ask the app for another one',
    );
  }
  if (token.usesLeft === 0) {
    throw new RizomaError('token_used', 'the token was used: ask the app for another one');
  }
  return token;
}

/** Throws `quota_reached` where a room is full: a token is not used up then. */
export function refuseFull(isFull: boolean): void {
  if (isFull) {
    throw new RizomaError(
      'quota_reached',
      `the room has ${limits.participantsPerRoom} participants, which is all that it may have: try again when somebody has left`,
      { details: { quota: 'participantsPerRoom', limit: limits.participantsPerRoom } },
    );
  }
}

/** Throws `token_wrong_host` where a controller stands outside the pin, which may have changed meanwhile. */
export function refuseOutside(pin: RegionPin, at: Whereabouts): void {
  if (!allows(pin, at)) {
    throw new RizomaError(
      'token_wrong_host',
      `the pin (${pinWords(pin)}) does not let you in at ${at.region}: ask the app for another token`,
    );
  }
}

/** The token after one use more; at the host, if one is given. Throws `token_wrong_host` besides. */
export function consumeToken(
  token: TokenRecord | undefined,
  { now_ms, host }: { now_ms: number; host?: string },
): TokenRecord {
  const usable = usableToken(token, now_ms);
  if (host !== undefined && usable.host !== host) {
    throw new RizomaError('token_wrong_host', 'the token is for another controller');
  }
  return { ...usable, usesLeft: usable.usesLeft - 1 };
}
