/** How long and how much of an answer is waited for. */
export interface FetchBounds {
  /** Until the answer begins: a machine without that host goes on quickly. */
  readonly connect_timeout_ms: number;
  readonly body_timeout_ms: number;
  readonly size_bytes: number;
}

export interface BoundedAnswer {
  readonly status: number;
  readonly ok: boolean;
  readonly body: Uint8Array;
}

/** Asks for something outside of this machine; rejects where no whole answer comes within the bounds. */
export async function fetchBounded(
  url: string,
  bounds: FetchBounds,
  init: Pick<RequestInit, 'method' | 'headers' | 'body'> = {},
): Promise<BoundedAnswer> {
  const connect = new AbortController();
  const timer = setTimeout(
    () => connect.abort(new Error(`no answer within ${bounds.connect_timeout_ms / 1000} s`)),
    bounds.connect_timeout_ms,
  );
  const signal = AbortSignal.any([connect.signal, AbortSignal.timeout(bounds.body_timeout_ms)]);
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal });
  } finally {
    clearTimeout(timer);
  }
  const chunks: Uint8Array[] = [];
  let size_bytes = 0;
  for await (const chunk of response.body ?? []) {
    size_bytes += chunk.byteLength;
    if (size_bytes > bounds.size_bytes) {
      throw new Error(`it answers more than ${bounds.size_bytes} bytes`);
    }
    chunks.push(chunk);
  }
  return { status: response.status, ok: response.ok, body: Buffer.concat(chunks) };
}

/** Why a request failed, in the words of what is below it: `fetch failed` alone says nothing. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
