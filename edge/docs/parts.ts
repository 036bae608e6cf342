import { html } from 'hono/html';
import type { Caller, HttpRoute } from '../../protocol/http-contract.ts';

/** Markup, escaped where it was not written here. */
export type Html = ReturnType<typeof html> | string;

export const callers: Record<Caller, string> = {
  anybody: 'Anybody may ask.',
  token: 'For whoever holds a token.',
  node: 'For nodes of the deployment.',
  service: 'For services: signed. Rooms are those of the service.',
  superservice: 'For the superservice: signed.',
};

/** Sentences, with what stands between backticks as code. */
export function prose(text: string): Html[] {
  return text
    .split('`')
    .map((piece, index) => (index % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
}

export function code(text: string): Html {
  return html`<pre><code>${text}</code></pre>`;
}

/** The anchor of a route, which is its `operationId` too: `get-rooms-room-users`. */
export function idOf({ method, path }: HttpRoute): string {
  const words = path.split(/\W+/).filter((word) => word !== '');
  return [method.toLowerCase(), ...words].join('-');
}

/** A request as curl sends it, signed by the page's `sign`. */
export function curlOf({ method, path, row }: HttpRoute): string {
  const url = `"$EDGE${path.replaceAll(/:(\w+)/g, (_, name: string) => `$${name.toUpperCase()}`)}"`;
  const isSigned = row.caller === 'service' || row.caller === 'superservice';
  const sign = row.signsUser === true ? 'sign ann presenter' : 'sign';
  const isPost = method === 'POST' && row.body !== undefined;
  const parts = [
    method === 'GET' || isPost ? `curl ${url}` : `curl -X ${method} ${url}`,
    ...(isSigned ? [`-H "$(${sign})"`] : []),
    ...(row.caller === 'node' ? ['-H "Authorization: Bearer $RIZOMA_ENROL_SECRET"'] : []),
    ...(row.body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(row.example)}'`]),
  ];
  return parts.join(' \\\n  ');
}
