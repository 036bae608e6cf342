import * as v from 'valibot';
import { equalInConstantTime, fromBase64, licodeSignature, toBase64 } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { Jurisdiction, RegionId, TokenId, tokenIdShape } from './ids.ts';
import { limits } from './limits.ts';
import { parse, parseJson } from './parse.ts';

const hostShape = /^[A-Za-z0-9.\-[\]:]{1,255}$/;

/** `host:port` of a controller, as clients reach it. */
export const Host = v.pipe(v.string(), v.regex(hostShape, 'host:port'));

/** Where a participant may, must not and would like to be. The first met wish wins. */
export const RegionPin = v.strictObject({
  allow: v.optional(v.pipe(v.array(RegionId), v.minLength(1), v.maxLength(64))),
  deny: v.optional(v.pipe(v.array(RegionId), v.maxLength(64))),
  prefer: v.optional(v.pipe(v.array(RegionId), v.maxLength(64))),
  /** Only nodes that declare it. */
  jurisdiction: v.optional(Jurisdiction),
});

export type RegionPin = v.InferOutput<typeof RegionPin>;

/** The four fields that Licode signs and checks, and our pass, which is signed by itself. */
export const SignedToken = v.object({
  tokenId: TokenId,
  host: Host,
  secure: v.boolean(),
  signature: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  /** Makes the token good for any number of participants (`pass.ts`). */
  pass: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(limits.token_chars))),
});

/** A token: Licode's four fields and ours, which ride beside them. */
export const Token = v.object({
  ...SignedToken.entries,
  /** Where this token can be exchanged for tickets. */
  edge: v.pipe(v.string(), v.url(), v.maxLength(2_048)),
  regions: RegionPin,
});

export type SignedToken = v.InferOutput<typeof SignedToken>;
export type Token = v.InferOutput<typeof Token>;

/** Signs a token id for a host (Licode: base64 of the hex of HMAC-SHA1 over `tokenId,host`). */
export function signToken(key: string, tokenId: string, host: string): Promise<string> {
  return licodeSignature(key, `${tokenId},${host}`);
}

/** Throws `token_forged` unless the signature is that of one of the keys. */
export async function checkTokenSignature(
  keys: readonly string[],
  { tokenId, host, signature }: SignedToken,
): Promise<void> {
  const ours = await Promise.all(keys.map((key) => signToken(key, tokenId, host)));
  if (!ours.some((one) => equalInConstantTime(one, signature))) {
    throw new RizomaError('token_forged', 'the signature of the token is not ours');
  }
}

/** A token as apps hand it on: base64 of its JSON. Throws `too_large`. */
export function encodeToken(token: Token): string {
  const text = toBase64(JSON.stringify(token));
  if (text.length > limits.token_chars) {
    throw new RizomaError('too_large', 'the pin names too many regions for a token');
  }
  return text;
}

/** Throws `token_malformed`. */
export function decodeToken(text: string): Token {
  return decode(Token, text);
}

/** Of a token what is signed, for those who need no more. Throws `token_malformed`. */
export function decodeSigned(text: string): SignedToken {
  const json = jsonOf(text);
  return goodToken(json) ?? parseJson(SignedToken, json, 'token', 'token_malformed');
}

function decode<const S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> {
  return parseJson(schema, jsonOf(text), 'token', 'token_malformed');
}

/** The fields, where they surely are as the schema wants them, which it need not look at then: it is for what it refuses. */
function goodToken(json: string): SignedToken | undefined {
  const { tokenId, host, secure, signature, pass } = fieldsOf(json);
  const isGood =
    typeof tokenId === 'string' &&
    tokenIdShape.test(tokenId) &&
    typeof host === 'string' &&
    hostShape.test(host) &&
    typeof secure === 'boolean' &&
    typeof signature === 'string' &&
    signature.length > 0 &&
    signature.length <= 128;
  return isGood && pass === undefined ? { tokenId, host, secure, signature } : undefined;
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const fields: Record<string, unknown> | null = JSON.parse(json);
    return fields ?? {};
  } catch {
    return {};
  }
}

function jsonOf(text: string): string {
  const json = text.length > limits.token_chars ? undefined : fromBase64(text);
  if (json === undefined) {
    throw new RizomaError('token_malformed', 'the token is not base64 of JSON');
  }
  return json;
}

/** A token as Licode's client sends it: its fields in the query of the handshake, all of them text. */
export function tokenOfQuery(query: Record<string, unknown>): SignedToken {
  const fields = { ...query, secure: query['secure'] === 'true' || query['secure'] === true };
  return parse(SignedToken, fields, 'token', 'token_malformed');
}
