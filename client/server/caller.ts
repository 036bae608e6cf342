import type * as v from 'valibot';
import type { Clock } from '../../protocol/clock.ts';
import { httpApi } from '../../protocol/contracts/http-api/index.ts';
import type { HttpPath, MethodOf } from '../../protocol/contracts/http-api/index.ts';
import type { HttpApi, HttpMethod, HttpRow, PathParameter } from '../../protocol/http-contract.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/parse.ts';
import { whyNoSegment } from '../../protocol/path-segment.ts';
import { EdgeError, errorOf } from './error.ts';
import { pauseBefore } from './retry.ts';
import type { Service, User } from './sign.ts';
import { authorizationOf } from './sign.ts';

export interface CallerComponents {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface CallerOptions {
  /** Where the edge is, without a slash at the end. */
  readonly url: string;
  readonly service: Service;
  /** How long one sending of a call may take. */
  readonly timeout_ms: number;
}

type Row<P extends HttpPath, M extends MethodOf<P>> = (typeof httpApi)[P][M];
/** What a route answers: JSON as its schema has it, or text. */
export type Result<P extends HttpPath, M extends MethodOf<P>> =
  Row<P, M> extends { answer: { json: infer S extends v.GenericSchema } }
    ? v.InferOutput<S>
    : string;
type BodyOf<P extends HttpPath, M extends MethodOf<P>> =
  Row<P, M> extends { body: infer S extends v.GenericSchema }
    ? { readonly body: v.InferInput<S> }
    : unknown;
type ParametersOf<P extends HttpPath> = [PathParameter<P>] extends [never]
  ? unknown
  : { readonly parameters: Readonly<Record<PathParameter<P>, string>> };

export type Call<P extends HttpPath, M extends MethodOf<P>> = BodyOf<P, M> &
  ParametersOf<P> & {
    readonly user?: User;
    /** What follows the path behind `?`. */
    readonly query?: Readonly<Record<string, string>>;
    /** Whether this call may be repeated, if that differs from what holds for its route. */
    readonly idempotent?: boolean;
  };

/** Any call, once the compiler has seen that it fits its route. */
interface AnyCall {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly user?: User;
  readonly query?: Readonly<Record<string, string>>;
  readonly idempotent?: boolean;
}

interface Answer {
  readonly value: unknown;
  readonly headers: Headers;
}

interface Sending {
  readonly method: HttpMethod;
  readonly url: string;
  readonly row: HttpRow;
  readonly body?: unknown;
  readonly user?: User;
}

/** Calls of the edge's HTTP API: signed anew at each sending, answers parsed with the contract. */
export class Caller {
  readonly #components: CallerComponents;
  readonly #options: CallerOptions;

  constructor(components: CallerComponents, options: CallerOptions) {
    this.#components = components;
    this.#options = options;
  }

  /** Resolves with the parsed answer and the headers that came with it. Throws an `EdgeError`. */
  async call<P extends HttpPath, M extends MethodOf<P>>(
    path: P,
    method: M,
    call: Call<P, M>,
  ): Promise<{ value: Result<P, M>; headers: Headers }>;
  async call(path: string, method: HttpMethod, call: AnyCall): Promise<Answer> {
    const api: HttpApi = httpApi;
    const row = api[path]?.[method];
    if (row === undefined) {
      throw new EdgeError('unknown_method', `there is no ${method} ${path}`);
    }
    const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query)}`;
    const url = `${this.#options.url}${filledIn(path, call.parameters ?? {})}${query}`;
    const sending: Sending = {
      method,
      url,
      row,
      body: call.body,
      ...(call.user && { user: call.user }),
    };
    return await this.#untilItWorks(sending, call.idempotent ?? row.idempotent);
  }

  async #untilItWorks(sending: Sending, isIdempotent: boolean): Promise<Answer> {
    const { clock, random } = this.#components;
    let mayBeDone = false;
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await this.#send(sending);
      } catch (thrown) {
        const error = toEdgeError(thrown);
        if (mayBeDone && isDeletion(sending) && error.status === 404) {
          // What was to go is gone: an earlier sending did it, or that part of it which was left.
          return { value: '', headers: new Headers() };
        }
        const pause_ms = pauseBefore({ error, attempts, isIdempotent }, random);
        if (pause_ms === undefined) {
          throw error;
        }
        mayBeDone ||= error.code !== 'rate_limited';
        await new Promise<void>((resolve) => clock.after(pause_ms, resolve));
      }
    }
  }

  async #send(sending: Sending): Promise<Answer> {
    const { clock, fetch } = this.#components;
    const { service, timeout_ms } = this.#options;
    const { method, url, row, body, user } = sending;
    const isSigned = row.caller === 'service' || row.caller === 'superservice';
    const authorization = isSigned && (await authorizationOf(service, user, clock.date()));
    const abort = new AbortController();
    const cancel = clock.after(timeout_ms, () => abort.abort());
    try {
      const response = await fetch(url, {
        method,
        signal: abort.signal,
        headers: {
          ...(authorization === false ? {} : { authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return await read(response, row);
    } catch (thrown) {
      if (abort.signal.aborted) {
        throw new EdgeError('timeout', `the edge did not answer within ${timeout_ms / 1_000} s`);
      }
      throw thrown;
    } finally {
      cancel();
    }
  }
}

/** Whether all that there is to an answer is that something is gone. */
function isDeletion({ method, row }: Sending): boolean {
  return method === 'DELETE' && row.answer.json === undefined;
}

async function read(response: Response, { answer }: HttpRow): Promise<Answer> {
  const text = await response.text();
  if (!response.ok) {
    throw errorOf(response, text);
  }
  const { headers } = response;
  const { json } = answer;
  if (json === undefined) {
    return { value: text, headers };
  }
  return { value: parseJson(json, text, `the edge's answer`, 'internal'), headers };
}

/** What is thrown that is no answer: the network, or an answer that is not as the contract says. */
function toEdgeError(thrown: unknown): EdgeError {
  if (thrown instanceof EdgeError) {
    return thrown;
  }
  if (thrown instanceof RizomaError) {
    return new EdgeError(thrown.code, thrown.message, { cause: thrown });
  }
  return new EdgeError('link_down', 'the edge cannot be reached', { cause: thrown });
}

/** Throws `bad_request` for what a path cannot carry: it would be the path of something else. */
function filledIn(path: string, parameters: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)/g, (_, name: string) => {
    const text = parameters[name] ?? '';
    demandSegment(name, text);
    return encodeURIComponent(text);
  });
}

/** Throws `bad_request` for a text that no path can carry as one segment. */
export function demandSegment(name: string, text: string): void {
  const why = whyNoSegment(text);
  if (why !== undefined) {
    throw new EdgeError('bad_request', `${name}: ${JSON.stringify(text)} ${why}`);
  }
}
