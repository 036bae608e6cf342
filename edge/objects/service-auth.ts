import { equalInConstantTime } from '../../protocol/bytes.ts';
import type { Credentials } from '../../protocol/credentials.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { MAuth } from '../../protocol/mauth.ts';
import { mauthSignature } from '../../protocol/mauth.ts';
import type { Scope } from '../../protocol/scope.ts';
import type { ServiceClaims } from '../../protocol/service-jwt.ts';
import { checkServiceJwt } from '../../protocol/service-jwt.ts';
import type { RateLimit } from '../../protocol/rate-limit.ts';
import type { Signer } from './api.ts';
import type { Nonces } from './nonces.ts';

export interface ServiceAuthComponents {
  readonly nonces: Pick<Nonces, 'take'>;
  /** The keys that the service signs with; none where there is no such service (any more). */
  readonly keysOf: (serviceId: string) => readonly string[];
  /** Of what the service signs. */
  readonly rate: RateLimit;
  readonly now: () => number;
}

/** Whether requests are signed by the service, and are good still. Its key does not leave the object. */
export class ServiceAuth {
  readonly #parts: ServiceAuthComponents;

  constructor(components: ServiceAuthComponents) {
    this.#parts = components;
  }

  /** Who signed. Throws `unauthorized` unless the request is right and, where it is good once, new; `rate_limited`; `unavailable` as `Nonces.take`. */
  async check(credentials: Credentials): Promise<Signer> {
    const { serviceId } = credentials;
    const { keysOf, nonces, rate, now } = this.#parts;
    const keys = keysOf(serviceId);
    const signed = keys.length === 0 ? undefined : await this.#signed(keys, credentials);
    // Asked anew: the service may have been removed, or its key changed, while the signature was made.
    if (signed === undefined || keysOf(serviceId).join(' ') !== keys.join(' ')) {
      throw new RizomaError(
        'unauthorized',
        'the service is unknown or the signature is not its own',
      );
    }
    // Once the signature is right: nobody else can use up what the service may ask.
    const now_ms = now();
    rate.demand(serviceId, now_ms);
    // Licode compares with the last request alone, so that honest ones which overtake each other are refused.
    if (signed.nonce !== undefined && !nonces.take(signed.nonce, signed.at_ms)) {
      throw new RizomaError('unauthorized', 'the request was sent before: sign each one anew');
    }
    rate.take(serviceId, now_ms);
    const { userName, role, subject, keyId, scope } = signed;
    return { serviceId, userName, role, subject, keyId, scope };
  }

  async #signed(keys: readonly string[], credentials: Credentials): Promise<Signed | undefined> {
    const now_ms = this.#parts.now();
    if (credentials.scheme === 'bearer') {
      const claims = await checkServiceJwt(keys, credentials.jwt, now_ms);
      return claims.iss === credentials.serviceId ? ofClaims(claims) : undefined;
    }
    const { mauth } = credentials;
    const ours = await Promise.all(keys.map((key) => mauthSignature(key, mauth)));
    if (!ours.some((one) => equalInConstantTime(one, mauth.signature))) {
      return undefined;
    }
    if (Math.abs(now_ms - Number(mauth.timestamp)) > limits.clockSkew_s * 1000) {
      throw new RizomaError('unauthorized', 'the timestamp is off: set the clock of the caller');
    }
    return ofMAuth(mauth);
  }
}

interface Signed {
  readonly userName: string | undefined;
  readonly role: string | undefined;
  readonly subject: string | undefined;
  readonly keyId: string | undefined;
  readonly scope: readonly Scope[] | undefined;
  /** Of a request that is good once. */
  readonly nonce: string | undefined;
  /** When it was signed, where it says so. */
  readonly at_ms: number | undefined;
}

/** What was signed is used, in whatever fields it comes again: the signature is the same then. */
function ofMAuth({ username: userName, role, timestamp, signature }: MAuth): Signed {
  const nonce = `mauth,${signature}`;
  const untold = { subject: undefined, keyId: undefined, scope: undefined };
  return { userName, role, nonce, at_ms: Number(timestamp), ...untold };
}

/** Its nonces cannot be those of the other scheme, which begin with its name. */
function ofClaims({ username: userName, role, jti, sub, kid, scope }: ServiceClaims): Signed {
  const nonce = jti === undefined ? undefined : `jwt,${jti}`;
  return { userName, role, nonce, at_ms: undefined, subject: sub, keyId: kid, scope };
}
