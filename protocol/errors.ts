/**
 * The closed set of error codes: what each is in HTTP, and whether the same request may succeed
 * later. A code travels in RPC errors, in problem details (RFC 9457) and to clients.
 */
export const errorCodes = {
  bad_request: { http: 400, retryable: false },
  sdp_malformed: { http: 400, retryable: false },
  sdp_no_codec: { http: 400, retryable: false },
  region_unknown: { http: 400, retryable: false },
  jurisdiction_unknown: { http: 400, retryable: false },
  token_malformed: { http: 400, retryable: false },
  unauthorized: { http: 401, retryable: false },
  token_forged: { http: 401, retryable: false },
  token_expired: { http: 401, retryable: false },
  token_used: { http: 401, retryable: false },
  token_revoked: { http: 401, retryable: false },
  token_wrong_host: { http: 401, retryable: false },
  ticket_forged: { http: 401, retryable: false },
  ticket_expired: { http: 401, retryable: false },
  ticket_used: { http: 401, retryable: false },
  ticket_wrong_host: { http: 401, retryable: false },
  certificate_forged: { http: 401, retryable: false },
  certificate_expired: { http: 401, retryable: false },
  certificate_revoked: { http: 403, retryable: false },
  forbidden: { http: 403, retryable: false },
  not_found: { http: 404, retryable: false },
  method_not_allowed: { http: 405, retryable: false },
  conflict: { http: 409, retryable: false },
  pin_empty: { http: 409, retryable: false },
  /** Something is full that does not empty by itself; the words say what, and what to do. */
  quota_reached: { http: 409, retryable: false },
  too_large: { http: 413, retryable: false },
  rate_limited: { http: 429, retryable: true },
  cancelled: { http: 499, retryable: true },
  internal: { http: 500, retryable: false },
  unknown_method: { http: 501, retryable: false },
  link_down: { http: 503, retryable: true },
  overloaded: { http: 503, retryable: true },
  draining: { http: 503, retryable: true },
  region_empty: { http: 503, retryable: true },
  unavailable: { http: 503, retryable: true },
  timeout: { http: 504, retryable: true },
} as const satisfies Record<string, { http: number; retryable: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

export interface ErrorOptions {
  /** What the reader needs beside the message; JSON, no secrets. */
  details?: Record<string, unknown>;
  /** When to try again, in seconds; becomes `Retry-After`. */
  retryAfter_s?: number;
  cause?: unknown;
}

/** Longer texts repeat what was sent rather than say what is wrong with it. */
const longest_chars = 500;

/** The beginning of a text that may hold what somebody sent. */
export function clipped(text: string): string {
  return text.length > longest_chars ? `${text.slice(0, longest_chars)}…` : text;
}

/** An error with a code. Its message is for people and says what to do; a long one is cut. */
export class RizomaError extends Error {
  override readonly name = 'RizomaError';
  readonly code: ErrorCode;
  readonly details: Record<string, unknown> | undefined;
  readonly retryAfter_s: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(clipped(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details;
    this.retryAfter_s = options.retryAfter_s;
  }

  get http(): number {
    return errorCodes[this.code].http;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

/** Any thrown thing as an error with a code; what has none is `internal`, its text kept as cause. */
export function toRizomaError(thrown: unknown): RizomaError {
  if (thrown instanceof RizomaError) {
    return thrown;
  }
  return new RizomaError('internal', 'something went wrong inside; the log has the cause', {
    cause: thrown,
  });
}
