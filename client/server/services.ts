import type * as v from 'valibot';
import type { ChangeKeyRequest, ServiceAnswer } from '../../protocol/contracts/rest.ts';
import type { Caller } from './caller.ts';

/** Services, for the superservice; others may change their own key, and are refused all else as `unauthorized`. */
export class Services {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  /** Answers the id of the new service, which signs with the key. */
  async create(service: { name: string; key: string }): Promise<string> {
    return (await this.#caller.call('/services', 'POST', { body: service })).value;
  }

  /** All services with their rooms, the superservice first. */
  async list(): Promise<ServiceAnswer[]> {
    return (await this.#caller.call('/services', 'GET', {})).value;
  }

  async get(service: string): Promise<ServiceAnswer> {
    return (await this.#caller.call('/services/:service', 'GET', { parameters: { service } }))
      .value;
  }

  /**
   * The service signs with another key from now on, and for 6 h with the one before, unless `previous_s` says otherwise.
   * Answers until when. This client goes on with the key that it has: connect anew with the other one by then.
   */
  async changeKey(
    service: string,
    change: v.InferInput<typeof ChangeKeyRequest>,
  ): Promise<{ previousUntil: Date }> {
    const { value } = await this.#caller.call('/services/:service/key', 'PUT', {
      parameters: { service },
      body: change,
    });
    return { previousUntil: new Date(value.previousUntil) };
  }

  /** Nobody signs for it any more; its rooms are deleted soon after. */
  async delete(service: string): Promise<void> {
    await this.#caller.call('/services/:service', 'DELETE', { parameters: { service } });
  }
}
