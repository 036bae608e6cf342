import type {
  DeadEventsAnswer,
  PutWebhookRequest,
  WebhookAnswer,
} from '../../protocol/contracts/webhooks.ts';
import type { Caller } from './caller.ts';

/** Where the service is told of its rooms, and what it could not be told. */
export class Webhooks {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  /** Without a secret the one that there is stays, or one is made and is in this answer alone. */
  async set(webhook: PutWebhookRequest): Promise<WebhookAnswer> {
    // With a secret the answer shows none, and a second time does what the first did.
    const idempotent = webhook.secret !== undefined;
    return (await this.#caller.call('/webhook', 'PUT', { body: webhook, idempotent })).value;
  }

  async get(): Promise<WebhookAnswer> {
    return (await this.#caller.call('/webhook', 'GET', {})).value;
  }

  async delete(): Promise<void> {
    await this.#caller.call('/webhook', 'DELETE', {});
  }

  /** Events that could not be delivered, the oldest first; `after` is the `next` of the page before. */
  async dead(after = 0): Promise<DeadEventsAnswer> {
    const query = { after: String(after) };
    return (await this.#caller.call('/webhook/dead', 'GET', { query })).value;
  }

  /** Has one of them sent again, by its id. */
  async retry(event: string): Promise<void> {
    await this.#caller.call('/webhook/dead/:event/retry', 'POST', { parameters: { event } });
  }
}
