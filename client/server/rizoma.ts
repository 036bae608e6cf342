import type * as v from 'valibot';
import type { Clock } from '../../protocol/clock.ts';
import type { ExplainAnswer, ExplainRequest } from '../../protocol/contracts/placements.ts';
import type { RegionsAnswer } from '../../protocol/contracts/rest.ts';
import type { CallerComponents } from './caller.ts';
import { Caller } from './caller.ts';
import { Nodes } from './nodes.ts';
import { Rooms, Tokens, Users } from './rooms.ts';
import { Services } from './services.ts';
import { Webhooks } from './webhooks.ts';

export interface RizomaOptions {
  /** Where the edge is: `https://edge.example`. */
  readonly url: string;
  /** Id of the service, 24 hex digits. */
  readonly serviceId: string;
  /** What the service signs with. */
  readonly key: string;
  /** How long one sending of a call may take; 10 s unless said otherwise. */
  readonly timeout_ms?: number;
  /** What sends requests, if not the platform's own `fetch`. */
  readonly fetch?: CallerComponents['fetch'];
}

const defaults = {
  /** The edge itself waits up to 2 s for controllers; a list of many rooms takes some seconds more. */
  timeout_ms: 10_000,
} as const;

/** An edge, as the server of an app talks to it. */
export class Rizoma {
  readonly rooms: Rooms;
  readonly tokens: Tokens;
  readonly users: Users;
  readonly services: Services;
  readonly nodes: Nodes;
  readonly webhooks: Webhooks;
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.rooms = new Rooms(components);
    this.tokens = new Tokens(components);
    this.users = new Users(components);
    this.services = new Services(components);
    this.nodes = new Nodes(components);
    this.webhooks = new Webhooks(components);
    this.#caller = components.caller;
  }

  static create(
    components: { clock: Clock; random: () => number },
    options: RizomaOptions,
  ): Rizoma {
    const { serviceId: id, key, timeout_ms = defaults.timeout_ms } = options;
    // Called as a function of the platform: Workers refuse a `fetch` that has another `this`.
    const { fetch = (url: string, init: RequestInit) => globalThis.fetch(url, init) } = options;
    const url = new URL(options.url).href.replace(/\/+$/, '');
    const caller = new Caller({ ...components, fetch }, { url, service: { id, key }, timeout_ms });
    return new Rizoma({ caller });
  }

  /** Regions that have nodes now. */
  async regions(): Promise<RegionsAnswer['regions']> {
    return (await this.#caller.call('/regions', 'GET', {})).value.regions;
  }

  /** Where a participant would be placed and why nowhere else; for the superservice, a dry run. */
  async explainPlacement(request: v.InferInput<typeof ExplainRequest>): Promise<ExplainAnswer> {
    return (await this.#caller.call('/placements/explain', 'POST', { body: request })).value;
  }
}
