import { Problem } from '../../protocol/contracts/rest.ts';
import { errorCodes, isErrorCode } from '../../protocol/errors.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/parse.ts';

interface Options {
  readonly status?: number;
  readonly retryAfter_s?: number;
  readonly details?: Record<string, unknown>;
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** Why a call came to nothing: a code for programs, words for people. */
export class EdgeError extends Error {
  override readonly name = 'EdgeError';
  readonly code: ErrorCode;
  /** Of the edge's answer; undefined where there was none that could be read. */
  readonly status: number | undefined;
  /** When to try again, in seconds, where the edge said so. */
  readonly retryAfter_s: number | undefined;
  /** What the edge added to its words. */
  readonly details: Readonly<Record<string, unknown>> | undefined;

  /** What the logs of the edge and the nodes call the request. */
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = options.status;
    this.retryAfter_s = options.retryAfter_s;
    this.details = options.details;
    this.requestId = options.requestId;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

/** Refusals that are mere words, as Licode has them, and a status that says less than they do. */
const codeOfWords: Readonly<Record<string, ErrorCode>> = {
  'No Erizo Controller found': 'region_empty',
};

const codeOfStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'too_large',
  429: 'rate_limited',
  502: 'link_down',
  503: 'unavailable',
  504: 'timeout',
};

/** The error of an answer that is a refusal: a problem (RFC 9457), or words. */
export function errorOf(response: Response, text: string): EdgeError {
  const { status, headers } = response;
  const retryAfter_s = secondsOf(headers.get('retry-after'));
  const requestId = headers.get('x-request-id');
  const options = {
    status,
    ...(retryAfter_s === undefined ? {} : { retryAfter_s }),
    ...(requestId === null ? {} : { requestId }),
  };
  if (headers.get('content-type')?.startsWith('application/problem+json') === true) {
    try {
      const { code, detail, details } = parseJson(Problem, text, 'problem');
      const known = isErrorCode(code) ? code : (codeOfStatus[status] ?? 'internal');
      return new EdgeError(known, detail, { ...options, ...(details && { details }) });
    } catch {
      // A problem of somebody in between; its status says what there is to say.
    }
  }
  const code = codeOfWords[text] ?? codeOfStatus[status] ?? 'internal';
  const isPlain = headers.get('content-type')?.startsWith('text/plain') === true;
  return new EdgeError(code, isPlain && text !== '' ? text : `answered ${status}`, options);
}

/** `Retry-After` in seconds (RFC 9110, section 10.2.3); the edge never sends a date. */
function secondsOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,9}$/.test(header) ? Number(header) : undefined;
}
