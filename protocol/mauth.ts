import * as v from 'valibot';
import { licodeSignature } from './bytes.ts';
import { RizomaError } from './errors.ts';
import { ServiceId } from './ids.ts';
import { parse } from './parse.ts';

const id = /^[0-9a-f]{24}$/;
const time = /^[0-9]{1,16}$/;
/** Commas part what is signed: with one in a field, one signature would fit several requests. */
const noComma = /^[^,]*$/;

/** What a signed request says of itself: Licode's MAuth header. */
export const MAuth = v.object({
  serviceid: ServiceId,
  /** Licode's clients send milliseconds. */
  timestamp: v.pipe(v.string(), v.regex(time)),
  cnonce: v.pipe(v.string(), v.minLength(1), v.maxLength(64), v.regex(noComma)),
  username: v.optional(v.pipe(v.string(), v.maxLength(256))),
  role: v.optional(v.pipe(v.string(), v.maxLength(256), v.regex(noComma))),
  signature: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  signature_method: v.literal('HMAC_SHA1'),
});

export type MAuth = v.InferOutput<typeof MAuth>;

/** The challenge of a refused request. */
export const mauthChallenge = 'MAuth realm="http://marte3.dit.upm.es"';

/**
 * Parses an `Authorization: MAuth realm=…,mauth_serviceid=…` header.
 * Throws `unauthorized`, so that a malformed header is answered with the challenge.
 */
export function parseMAuth(header: string): MAuth {
  if (!/^mauth /i.test(header)) {
    throw new RizomaError('unauthorized', 'sign the request: Authorization: MAuth realm=…');
  }
  if (header.includes('\uFFFD')) {
    // The platform read bytes that are not UTF-8, which no signature can be checked with.
    throw new RizomaError(
      'unauthorized',
      'the header is not UTF-8: encode the name of the user so',
    );
  }
  const fields: Record<string, string> = {};
  // Names of users may hold commas and equals signs, and spaces at their ends.
  for (const pair of header.slice('MAuth '.length).split(/, *(?=mauth_)/)) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.startsWith('mauth_')) {
      fields[pair.slice('mauth_'.length, at)] = pair.slice(at + 1);
    }
  }
  return goodMAuth(fields) ?? parse(MAuth, fields, 'Authorization', 'unauthorized');
}

/**
 * The fields, where they surely are as the schema wants them, which takes a tenth of the time to see. It
 * is the schema that refuses, and says why.
 */
export function goodMAuth(fields: Readonly<Record<string, string>>): MAuth | undefined {
  const { serviceid = '', timestamp = '', cnonce = '', signature = '', username, role } = fields;
  const { signature_method } = fields;
  const isGood =
    id.test(serviceid) &&
    time.test(timestamp) &&
    isWithin(cnonce, 64) &&
    noComma.test(cnonce) &&
    isWithin(signature, 128) &&
    (username === undefined || username.length <= 256) &&
    (role === undefined || (role.length <= 256 && noComma.test(role)));
  if (!isGood || signature_method !== 'HMAC_SHA1') {
    return undefined;
  }
  const user = username === undefined ? {} : { username };
  const as = role === undefined ? {} : { role };
  return { serviceid, timestamp, cnonce, signature, signature_method, ...user, ...as };
}

function isWithin(text: string, most_chars: number): boolean {
  return text.length > 0 && text.length <= most_chars;
}

/** The signature that the request must carry. */
export function mauthSignature(
  key: string,
  auth: Omit<MAuth, 'signature' | 'signature_method'>,
): Promise<string> {
  const user =
    auth.username !== undefined && auth.role !== undefined ? `,${auth.username},${auth.role}` : '';
  return licodeSignature(key, `${auth.timestamp},${auth.cnonce}${user}`);
}

/** The whole header, for clients. */
export async function mauthHeader(
  key: string,
  auth: Omit<MAuth, 'signature' | 'signature_method'>,
): Promise<string> {
  const fields = [
    'MAuth realm=http://marte3.dit.upm.es',
    'mauth_signature_method=HMAC_SHA1',
    ...(auth.username === undefined ? [] : [`mauth_username=${auth.username}`]),
    ...(auth.role === undefined ? [] : [`mauth_role=${auth.role}`]),
    `mauth_serviceid=${auth.serviceid}`,
    `mauth_cnonce=${auth.cnonce}`,
    `mauth_timestamp=${auth.timestamp}`,
    `mauth_signature=${await mauthSignature(key, auth)}`,
  ];
  return fields.join(',');
}
