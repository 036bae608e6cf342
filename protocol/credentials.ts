import { RizomaError } from './errors.ts';
import { limits } from './limits.ts';
import type { MAuth } from './mauth.ts';
import { mauthChallenge, parseMAuth } from './mauth.ts';
import { bearerChallenge, serviceOfJwt } from './service-jwt.ts';

/** With what a request says that it is of a service; nothing of it is checked yet. */
export type Credentials =
  | { readonly scheme: 'mauth'; readonly serviceId: string; readonly mauth: MAuth }
  | { readonly scheme: 'bearer'; readonly serviceId: string; readonly jwt: string };

/** The challenges of a request that is refused, Licode's first (RFC 9110, section 11.6.1). */
export const challenges = `${mauthChallenge}, ${bearerChallenge}`;

const howTo = 'sign the request: Authorization: MAuth realm=…, or Bearer and a JWT';

/** Parses an `Authorization` header, of either scheme. Throws `unauthorized`. */
export function parseCredentials(header: string | undefined): Credentials {
  if (header === undefined || header.length > limits.authorization_chars) {
    throw new RizomaError('unauthorized', howTo);
  }
  const end = header.indexOf(' ');
  const scheme = end < 0 ? header : header.slice(0, end);
  // The names of schemes may be written in any case (RFC 9110, section 11.1).
  switch (scheme.toLowerCase()) {
    case 'mauth': {
      const mauth = parseMAuth(header);
      return { scheme: 'mauth', serviceId: mauth.serviceid, mauth };
    }
    case 'bearer': {
      const jwt = header.slice(scheme.length).trim();
      return { scheme: 'bearer', serviceId: serviceOfJwt(jwt), jwt };
    }
    default:
      throw new RizomaError('unauthorized', howTo);
  }
}
