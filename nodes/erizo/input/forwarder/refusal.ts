import type { ErrorCode } from '../../../../protocol/errors.ts';
import { RizomaError } from '../../../../protocol/errors.ts';

/** Why a forwarder gives a source up, in words for whoever asked for it; none of them repeats what the source said. */
const reasons = {
  elsewhere: ['forbidden', 'the source sends elsewhere, which this node does not follow'],
  unauthorized: [
    'unavailable',
    'the source refuses the user and password of its URL, or wants some',
  ],
  missing: ['unavailable', 'the source has nothing at the path of its URL'],
  failed: ['unavailable', 'the source answers with an error'],
  unreachable: ['unavailable', 'the source cannot be reached'],
  untrusted: ['unavailable', 'the source has no certificate that this node trusts'],
  silent: ['unavailable', 'the source sent nothing in time'],
  malformed: ['unavailable', 'the source answers what is not its protocol, or too much'],
  transport: ['unavailable', 'the source does not send RTP over its RTSP connection (TCP)'],
} as const satisfies Record<string, readonly [ErrorCode, string]>;

export type RefusalReason = keyof typeof reasons;

/** A source is given up. */
export class SourceRefused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(reasons[reason][1]);
    this.reason = reason;
  }
}

export function refusalError(reason: RefusalReason): RizomaError {
  const [code, message] = reasons[reason];
  return new RizomaError(code, message);
}

/** What an answer of HTTP or RTSP that is no success means. */
export function reasonOfStatus(status: number): RefusalReason {
  if (status >= 300 && status < 400) {
    return 'elsewhere';
  }
  if (status === 401 || status === 403) {
    return 'unauthorized';
  }
  return status === 404 || status === 410 ? 'missing' : 'failed';
}

/** What an error of a connection to the source means. */
export function reasonOfError({ code = '' }: NodeJS.ErrnoException): RefusalReason {
  if (code.startsWith('HPE_')) {
    return 'malformed';
  }
  // Of OpenSSL, which has some dozens.
  return /CERT|SIGNATURE|ISSUER|TLS|SSL|EPROTO/.test(code) ? 'untrusted' : 'unreachable';
}
