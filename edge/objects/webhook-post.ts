import type { Clock } from '../../protocol/clock.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { signWebhook } from '../../protocol/webhook.ts';
import type { WebhookHosts } from '../room/webhook-url.ts';
import { checkWebhookUrl } from '../room/webhook-url.ts';
import type { Hook } from '../room/webhooks.ts';

/** Sends an event once. Undefined where it was taken, else why it was not, for people. */
export type PostWebhook = (
  hook: Hook,
  event: { id: string; body: string },
) => Promise<string | undefined>;

const defaults = {
  /** A receiver that has more to do than to write the event down answers first. */
  answer_ms: 10_000,
} as const;

/**
 * Any answer of 200 to 299 takes the event. A redirection does not: the new place was not checked, and
 * the app can name it.
 */
export function webhookPost(
  components: { fetch: (url: string, init: RequestInit) => Promise<Response>; clock: Clock },
  options: { hosts: WebhookHosts },
): PostWebhook {
  const { fetch, clock } = components;
  return async (hook, { id, body }) => {
    const stop = new AbortController();
    const stopTimer = clock.after(defaults.answer_ms, () => stop.abort());
    try {
      // The deployment may have changed its mind since the URL was given.
      checkWebhookUrl(hook.url, options.hosts);
      const signature = await signWebhook(hook.secret, { id, body }, clock.date());
      const response = await fetch(hook.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'Rizoma', ...signature },
        body,
        redirect: 'manual',
        signal: stop.signal,
      });
      await response.body?.cancel();
      return response.ok ? undefined : `it answered ${response.status}`;
    } catch (thrown) {
      if (stop.signal.aborted) {
        return `it did not answer within ${defaults.answer_ms / 1000} s`;
      }
      const { code, message } = toRizomaError(thrown);
      return code === 'bad_request' ? message : 'it could not be reached';
    } finally {
      stopTimer();
    }
  };
}
