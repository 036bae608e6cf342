import { httpApi } from '../../protocol/contracts/http-api/index.ts';
import type { EdgeContext } from '../app.ts';
import { openApiOf } from './openapi.ts';
import { pageOf } from './page.ts';

const defaults = {
  /** The documents change only when the edge is deployed anew; until then pages may show the old ones. */
  maxAge_s: 300,
} as const;

/** Nothing is loaded from anywhere, and nothing runs. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

let openApi: string | undefined;
let page: Promise<string> | undefined;

/** `GET /openapi.json`; made once in an isolate. */
export function getOpenApi(context: EdgeContext): Response {
  openApi ??= JSON.stringify(openApiOf(httpApi));
  keep(context);
  return context.body(openApi, 200, { 'content-type': 'application/json' });
}

/** `GET /docs`; made once in an isolate. */
export async function getDocs(context: EdgeContext): Promise<Response> {
  const text = await (page ??= pageOf(httpApi));
  keep(context);
  context.header('content-security-policy', policy);
  return context.html(text);
}

function keep(context: EdgeContext): void {
  context.header('cache-control', `public, max-age=${defaults.maxAge_s}`);
}
