import type * as v from 'valibot';
import type { Clock } from '../../protocol/clock.ts';
import { Problem } from '../../protocol/contracts/rest.ts';
import { isErrorCode } from '../../protocol/errors.ts';
import { parseJson } from '../../protocol/parse.ts';
import { defaults } from './defaults.ts';
import { JoinError } from './errors.ts';

export interface EdgeComponents {
  readonly clock: Clock;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
}

/**
 * One request to the edge, its answer parsed. Throws a `JoinError`: the edge's code and words
 * (RFC 9457), `link_down` where it is not reached, `timeout` where it does not answer.
 */
export async function askEdge<const S extends v.GenericSchema>(
  components: EdgeComponents,
  request: { url: string; body?: unknown; what: string },
  schema: S,
): Promise<v.InferOutput<S>> {
  const abort = new AbortController();
  const cancel = components.clock.after(defaults.edgeAnswer_ms, () => abort.abort());
  try {
    const response = await components.fetch(request.url, {
      signal: abort.signal,
      ...(request.body === undefined ? {} : posted(request.body)),
    });
    const text = await response.text();
    if (!response.ok) {
      throw problemOf(response, text, request.what);
    }
    return parseJson(schema, text, `the edge's answer to ${request.what}`, 'internal');
  } catch (error) {
    if (abort.signal.aborted) {
      throw new JoinError('timeout', `the edge did not answer to ${request.what}`);
    }
    if (error instanceof TypeError) {
      throw new JoinError('link_down', 'the edge cannot be reached', { cause: error });
    }
    throw error;
  } finally {
    cancel();
  }
}

function posted(body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

function problemOf(response: Response, text: string, what: string): JoinError {
  const retryAfter_s = Number(response.headers.get('retry-after') ?? Number.NaN);
  const options = Number.isFinite(retryAfter_s) ? { retryAfter_s } : {};
  try {
    const { code, detail, title } = parseJson(Problem, text, 'problem');
    return new JoinError(isErrorCode(code) ? code : 'internal', detail || title, options);
  } catch {
    const words = `the edge answered ${response.status} to ${what}`;
    return new JoinError(response.status === 404 ? 'not_found' : 'internal', words, options);
  }
}
