import type { ServiceAnswer } from '../../protocol/contracts/rest.ts';
import type { Caller } from './caller.ts';

/** Services, for the superservice alone; others are refused as `unauthorized`. */
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

  /** Nobody signs for it any more; its rooms are deleted soon after. */
  async delete(service: string): Promise<void> {
    await this.#caller.call('/services/:service', 'DELETE', { parameters: { service } });
  }
}
