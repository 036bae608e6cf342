import { createHash, randomBytes } from 'node:crypto';
import { forwarderDefaults } from '../defaults.ts';
import type { Credentials } from '../remote.ts';

/** What a server asks for in `WWW-Authenticate`; names are in lower case. */
export interface Challenge {
  scheme: string;
  params: ReadonlyMap<string, string>;
}

/** A digest of RFC 7616 (and, without `qop`, of RFC 2069), which older cameras use with MD5. */
interface Digest {
  algorithm: string;
  hash: 'md5' | 'sha256';
  realm: string;
  nonce: string;
  opaque: string | undefined;
  hasQop: boolean;
}

/** Best first. `-sess` is as good as what it stands beside. */
const hashes = [
  ['sha-256', 'sha256'],
  ['sha-256-sess', 'sha256'],
  ['md5', 'md5'],
  ['md5-sess', 'md5'],
] as const;

/** All challenges of all headers of that name: one header may hold several. What is no challenge ends its header. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap((header) => {
    const challenges: { scheme: string; params: Map<string, string> }[] = [];
    const token = /[\s,]*([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?/y;
    for (let found = token.exec(header); found !== null; found = token.exec(header)) {
      const [, name = '', value] = found;
      if (value === undefined) {
        challenges.push({ scheme: name.toLowerCase(), params: new Map() });
      } else {
        const text = value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
        challenges.at(-1)?.params.set(name.toLowerCase(), text);
      }
    }
    return challenges;
  });
}

function digestsOf(challenges: readonly Challenge[]): Digest[] {
  const digests = challenges.flatMap(({ scheme, params }) => {
    const algorithm = params.get('algorithm') ?? 'MD5';
    const hash = hashes.find(([name]) => name === algorithm.toLowerCase())?.[1];
    const [realm, nonce] = [params.get('realm'), params.get('nonce')];
    const qop = params.get('qop');
    const canAuth = qop === undefined || qop.split(/[\s,]+/).some((one) => /^auth$/i.test(one));
    if (
      scheme !== 'digest' ||
      hash === undefined ||
      realm === undefined ||
      nonce === undefined ||
      !canAuth
    ) {
      return [];
    }
    return [
      { algorithm, hash, realm, nonce, opaque: params.get('opaque'), hasQop: qop !== undefined },
    ];
  });
  const rank = ({ algorithm }: Digest): number =>
    hashes.findIndex(([name]) => name === algorithm.toLowerCase());
  return digests.sort((one, other) => rank(one) - rank(other));
}

/** Proves to one source who asks. It says nothing before the source has asked, and the best that it offers then. */
export class Authorizer {
  readonly #user: string;
  readonly #password: string;
  readonly #cnonce: () => string;
  #chosen: Digest | 'basic' | undefined;
  /** Of requests under the nonce of the chosen digest. */
  #count = 0;

  /** Headers are bytes, and texts in them UTF-8 (RFC 7616, section 4). */
  constructor(
    { user, password }: Credentials,
    cnonce = (): string => randomBytes(16).toString('hex'),
  ) {
    this.#user = bytesOf(user);
    this.#password = bytesOf(password);
    this.#cnonce = cnonce;
  }

  /** What a source said when it refused; whether there is anything to try again with. */
  learn(headers: readonly string[]): boolean {
    const challenges = parseChallenges(headers);
    const digest = digestsOf(challenges)[0];
    const before = this.#chosen;
    this.#chosen =
      digest ?? (challenges.some(({ scheme }) => scheme === 'basic') ? 'basic' : undefined);
    this.#count = 0;
    // Who refuses the same proof again refuses the credentials.
    const isNew =
      digest === undefined || typeof before !== 'object' || digest.nonce !== before.nonce;
    return this.#chosen !== undefined && isNew && !(this.#chosen === 'basic' && before === 'basic');
  }

  /** The value of `Authorization`; undefined as long as the source has not asked. */
  authorize(method: string, uri: string): string | undefined {
    const chosen = this.#chosen;
    if (chosen === 'basic') {
      const text = Buffer.from(`${this.#user}:${this.#password}`, 'latin1');
      return `Basic ${text.toString('base64')}`;
    }
    return chosen && this.#digest(chosen, method, uri);
  }

  #digest(
    { algorithm, hash, realm, nonce, opaque, hasQop }: Digest,
    method: string,
    uri: string,
  ): string {
    const h = (text: string): string => createHash(hash).update(text, 'latin1').digest('hex');
    const cnonce = this.#cnonce();
    this.#count += 1;
    const nc = this.#count.toString(16).padStart(8, '0');
    const isSession = /-sess$/i.test(algorithm);
    const secret = h(`${this.#user}:${realm}:${this.#password}`);
    const a1 = isSession ? h(`${secret}:${nonce}:${cnonce}`) : secret;
    const a2 = h(`${method}:${uri}`);
    const response = h(
      hasQop ? `${a1}:${nonce}:${nc}:${cnonce}:auth:${a2}` : `${a1}:${nonce}:${a2}`,
    );
    const parts = [
      ...[`username=${quoted(this.#user)}`, `realm=${quoted(realm)}`, `nonce=${quoted(nonce)}`],
      ...[`uri=${quoted(uri)}`, `response="${response}"`, `algorithm=${algorithm}`],
      ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
      ...(hasQop ? ['qop=auth', `nc=${nc}`] : []),
      ...(hasQop || isSession ? [`cnonce="${cnonce}"`] : []),
    ];
    return `Digest ${parts.join(', ')}`;
  }
}

/**
 * Whether a request that was refused is worth sending again, with what the source said: not without credentials, nor
 * more often than it takes a source to name a fresh nonce.
 */
export function mayRetry(
  authorizer: Authorizer | undefined,
  attempt: number,
  headers: readonly string[],
): boolean {
  return attempt < forwarderDefaults.attempts && authorizer?.learn(headers) === true;
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
