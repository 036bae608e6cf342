import { BringUpError } from './output.ts';

/** What the page may load and where it may be shown (CSP 3); it speaks with the edge and with controllers of any host. */
const policy = {
  'default-src': `'none'`,
  'script-src': `'self'`,
  'style-src': `'self'`,
  'img-src': `'self' data:`,
  'media-src': `'self' blob:`,
  'connect-src': `'self' ws: wss: http: https:`,
  'form-action': `'self'`,
  'base-uri': `'none'`,
} as const;

/**
 * The headers of the page and all that stands beside it, as the platform reads them from `_headers` among the assets.
 * `RIZOMA_FRAME_ANCESTORS` names the origins whose pages may show it in a frame, with spaces between; none may by default.
 */
export function pageHeaders(env: Readonly<Record<string, string | undefined>>): string {
  const ancestors = env['RIZOMA_FRAME_ANCESTORS']?.trim() || `'none'`;
  if (/[^\w\-.:/*[\]' ]/.test(ancestors)) {
    throw new BringUpError(
      'RIZOMA_FRAME_ANCESTORS is not valid: set it to origins with spaces between, such as https://app.example.org',
    );
  }
  const csp = Object.entries({ ...policy, 'frame-ancestors': ancestors })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
  return [
    '/*',
    `  Content-Security-Policy: ${csp}`,
    '  X-Content-Type-Options: nosniff',
    // Links into rooms stand in the address.
    '  Referrer-Policy: no-referrer',
    '  Permissions-Policy: camera=(self), microphone=(self), display-capture=(self)',
    '',
  ].join('\n');
}
