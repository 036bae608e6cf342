import { RizomaError } from '../../../protocol/errors.ts';

const ports = { rtsp: 554, http: 80, https: 443 } as const;
export type Scheme = keyof typeof ports;

export interface Credentials {
  user: string;
  password: string;
}

/** A source that is not on this host's disk, taken apart: its credentials stand in no text. */
export interface Remote {
  scheme: Scheme;
  hostname: string;
  port: number;
  /** Path and query, as they are asked for. */
  target: string;
  credentials: Credentials | undefined;
}

/** Throws `bad_request` where it is no URL, `forbidden` where it is not on the list (`scheme://host[:port]`). */
export function parseRemote(text: string, allowed: readonly string[]): Remote {
  const url = parseUrl(text);
  const scheme = schemeOf(url);
  if (scheme === undefined || !allowed.some((one) => originOf(parseUrl(one)) === originOf(url))) {
    throw new RizomaError(
      'forbidden',
      'this node plays nothing from there: its operator lists what it may in RIZOMA_EXTERNAL_INPUT',
    );
  }
  return {
    scheme,
    hostname: url.hostname.toLowerCase(),
    port: portOf(url, scheme),
    target: `${url.pathname}${url.search}`,
    credentials: credentialsOf(url),
  };
}

/** `host`, or `host:port` where the port is not the usual one. */
export function hostOf({ scheme, hostname, port }: Remote): string {
  return port === ports[scheme] ? hostname : `${hostname}:${port}`;
}

function schemeOf(url: URL): Scheme | undefined {
  const scheme = url.protocol.slice(0, -1);
  return Object.hasOwn(ports, scheme) ? (scheme as Scheme) : undefined;
}

function portOf(url: URL, scheme: Scheme): number {
  return url.port === '' ? ports[scheme] : Number(url.port);
}

/** With its port: URLs of RTSP keep one that is the usual one, those of HTTP do not. */
function originOf(url: URL): string | undefined {
  const scheme = schemeOf(url);
  return scheme && `${url.protocol}//${url.hostname.toLowerCase()}:${String(portOf(url, scheme))}`;
}

function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '' && password === '') {
    return undefined;
  }
  const credentials = { user: decoded(username), password: decoded(password) };
  // RFC 7617, section 2: neither has control characters, and the first colon ends the user.
  if (/\p{Cc}/u.test(credentials.user + credentials.password) || credentials.user.includes(':')) {
    throw new RizomaError(
      'bad_request',
      'the user of the source has a colon, or a control character',
    );
  }
  return credentials;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new RizomaError(
      'bad_request',
      'user and password of the source are not percent-encoded: write % as %25',
    );
  }
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new RizomaError('bad_request', 'the source is no URL');
  }
}
