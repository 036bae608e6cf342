import type { ErrorCode } from '../../protocol/errors.ts';
import { isErrorCode, RizomaError } from '../../protocol/errors.ts';
import { tokenErrorPrefix } from '../../protocol/contracts/client.ts';

/** Why a join came to nothing: a code, and words for people. */
export class JoinError extends Error {
  override readonly name = 'JoinError';
  readonly code: ErrorCode;
  /** When to try again, where the edge said so. */
  readonly retryAfter_s: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfter_s?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfter_s = options.retryAfter_s;
  }
}

/** Any thrown thing as a `JoinError`. */
export function toJoinError(thrown: unknown): JoinError {
  if (thrown instanceof JoinError) {
    return thrown;
  }
  if (thrown instanceof RizomaError) {
    return new JoinError(thrown.code, thrown.message, { cause: thrown });
  }
  return new JoinError('internal', thrown instanceof Error ? thrown.message : String(thrown), {
    cause: thrown,
  });
}

/** Licode says with this word that a role does not allow what was asked. */
const notAllowed = 'Unauthorized';

/**
 * The text of a refusal as an error: `token: <code>: <words>` of a handshake, `<code>: <words>` or
 * mere words of a call.
 */
export function errorOfWords(text: string, unknown: ErrorCode): RizomaError {
  const plain = text.startsWith(tokenErrorPrefix) ? text.slice(tokenErrorPrefix.length) : text;
  if (plain.startsWith(notAllowed)) {
    return new RizomaError('forbidden', 'your role does not allow this');
  }
  const [, code = '', words = ''] = /^([a-z_]+)[:,]?(?:\s+(.*))?$/s.exec(plain) ?? [];
  if (isErrorCode(code)) {
    return new RizomaError(code, words === '' ? code.replaceAll('_', ' ') : words);
  }
  return new RizomaError(unknown, plain);
}

/** Codes that the same request meets again: a stream that fails so is not tried again. */
const permanent: ReadonlySet<string> = new Set<ErrorCode>([
  'bad_request',
  'sdp_malformed',
  'sdp_no_codec',
  'unauthorized',
  'forbidden',
  'too_large',
]);

/** Codes with which no controller and no edge will take us again. */
const final: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['bad_request', 'unauthorized', 'forbidden', 'not_found', 'too_large'] as const),
  ...(['token_malformed', 'token_forged', 'token_expired', 'token_revoked'] as const),
  ...(['pin_empty', 'region_unknown', 'method_not_allowed'] as const),
]);

export function isFinal(code: string): boolean {
  return final.has(code);
}

export function isPermanent(code: string): boolean {
  return permanent.has(code);
}
