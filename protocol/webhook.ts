import { equalInConstantTime, hmac, toHex } from './bytes.ts';
import type { WebhookEvent as WebhookEventType } from './contracts/webhooks.ts';
import { WebhookEvent } from './contracts/webhooks.ts';
import { RizomaError } from './errors.ts';
import { limits } from './limits.ts';
import { parseJson } from './parse.ts';

/** The headers of a webhook. */
export const webhookHeaders = {
  /** The id of the event, the same at each attempt. */
  id: 'rizoma-webhook-id',
  /** When this attempt was signed, in seconds since 1970. */
  timestamp: 'rizoma-webhook-timestamp',
  /** `v1=` and the hex of HMAC-SHA256, keyed with the webhook's secret, over `<timestamp>.<body>`. */
  signature: 'rizoma-webhook-signature',
} as const;

/** Headers as Workers, browsers or Node's http server have them. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | string[] | undefined>>;

/** A secret for webhooks: 256 bits, in hex. */
export function newSecret(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(32)));
}

/** The headers of one attempt to deliver a body. */
export async function signWebhook(
  secret: string,
  message: { id: string; body: string },
  now_ms: number,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now_ms / 1000));
  return {
    [webhookHeaders.id]: message.id,
    [webhookHeaders.timestamp]: timestamp,
    [webhookHeaders.signature]: await signatureOf(secret, timestamp, message.body),
  };
}

/**
 * The event of a webhook that was received. `body` is its text as it came, before it is parsed. Throws
 * `unauthorized` where it was not signed with the secret, or more than five minutes before or after
 * `now_ms`; `bad_request` where it is no event. An event may come twice: its `id` tells.
 */
export async function verifyWebhook(
  secret: string,
  headers: WebhookHeaders,
  body: string,
  now_ms: number,
): Promise<WebhookEventType> {
  const timestamp = headerOf(headers, webhookHeaders.timestamp);
  const given = headerOf(headers, webhookHeaders.signature);
  const expected = await signatureOf(secret, timestamp, body);
  if (!equalInConstantTime(expected, given)) {
    throw new RizomaError('unauthorized', 'the webhook was not signed with this secret');
  }
  const age_ms = Math.abs(now_ms - Number(timestamp) * 1000);
  if (!(age_ms <= limits.webhookTolerance_s * 1000)) {
    throw new RizomaError('unauthorized', 'the webhook was signed too long ago, or a clock is off');
  }
  return parseJson(WebhookEvent, body, 'webhook');
}

async function signatureOf(secret: string, timestamp: string, body: string): Promise<string> {
  return `v1=${toHex(await hmac('SHA-256', secret, `${timestamp}.${body}`))}`;
}

function headerOf(headers: WebhookHeaders, name: string): string {
  const value = isGettable(headers) ? headers.get(name) : headers[name];
  if (typeof value !== 'string') {
    throw new RizomaError('unauthorized', `the webhook has no header ${name}`);
  }
  return value;
}

function isGettable(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers['get'] === 'function';
}
