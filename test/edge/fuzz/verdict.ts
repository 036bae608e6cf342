import * as v from 'valibot';
import { httpApi } from '../../../protocol/contracts/http-api/index.ts';
import { Problem } from '../../../protocol/contracts/rest.ts';
import { errorCodes, isErrorCode } from '../../../protocol/errors.ts';
import type { HttpRoute } from '../../../protocol/http-contract.ts';
import { errorsOf, routesOf, wordsOf } from '../../../protocol/http-contract.ts';

/** Headers that an answer of a code has to have (RFC 9110, sections 10.2.1, 10.2.3 and 11.6.1). */
const headersWith = new Map([
  ['unauthorized', 'www-authenticate'],
  ['method_not_allowed', 'allow'],
  ['rate_limited', 'retry-after'],
]);

export interface Answered {
  /** The row that the request was for; undefined where it was for another path or method. */
  readonly route: HttpRoute | undefined;
  readonly method: string;
  readonly response: Response;
  readonly text: string;
}

const routes = routesOf(httpApi);
/** What every path answers: other methods, and bodies that are too large even where none is read. */
const common = new Set(['not_found', 'method_not_allowed', 'too_large', 'rate_limited']);

/** Why an answer is not a defined one; undefined where it is. */
export function objection(answered: Answered): string | undefined {
  const { response, method } = answered;
  if (response.status === 101) {
    return undefined;
  }
  if (!/^[\w=-]+$/.test(response.headers.get('x-request-id') ?? '')) {
    return 'it has no request id';
  }
  if (method === 'HEAD') {
    return answered.text === '' ? undefined : 'the answer to HEAD has a body';
  }
  return response.ok ? objectionToSuccess(answered) : objectionToRefusal(answered);
}

function objectionToSuccess({ route, method, response, text }: Answered): string | undefined {
  if (method === 'OPTIONS') {
    return response.status === 204 ? undefined : 'OPTIONS is answered with a body';
  }
  if (route === undefined) {
    return undefined;
  }
  const { status = 200, json } = route.row.answer;
  if (response.status !== status) {
    return `it should have the status ${status}`;
  }
  return json === undefined || v.is(json, JSON.parse(text)) ? undefined : 'it has another shape';
}

function objectionToRefusal(answered: Answered): string | undefined {
  const { response, text } = answered;
  const { status, headers } = response;
  if (status >= 500 && !isDefinedFailure(answered)) {
    return 'it is no answer that is defined';
  }
  if (headers.get('content-type') === 'application/problem+json') {
    return objectionToProblem(answered);
  }
  const rows = answered.route === undefined ? routes : [answered.route];
  const isKnown = rows.some((row) => wordsOf(row).get(status)?.includes(text) === true);
  return isKnown ? undefined : 'the words are not those of the contract';
}

/** What cannot be had now, and when to ask again; or a node that is there and does not answer, where a row asks one. */
function isDefinedFailure({ route, response: { status, headers } }: Answered): boolean {
  const mayTimeOut = route !== undefined && errorsOf(route).includes('timeout');
  return status === 503 ? isWhole(headers.get('retry-after')) : status === 504 && mayTimeOut;
}

function objectionToProblem({ route, response, text }: Answered): string | undefined {
  const { status, headers } = response;
  const problem = v.safeParse(Problem, JSON.parse(text));
  if (!problem.success || problem.output.status !== status) {
    return 'the problem is malformed';
  }
  const { code } = problem.output;
  if (!isErrorCode(code) || errorCodes[code].http !== status) {
    return 'the code is not one of the set, or not of that status';
  }
  if (route !== undefined && !common.has(code) && !errorsOf(route).includes(code)) {
    return `${route.method} ${route.path} does not say that it answers ${code}`;
  }
  const wanted = headersWith.get(code);
  return wanted !== undefined && !headers.has(wanted) ? `it lacks ${wanted}` : undefined;
}

function isWhole(text: string | null): boolean {
  return text !== null && /^\d+$/.test(text);
}
