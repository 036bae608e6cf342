import type { Clock } from '../../protocol/clock.ts';
import type { HandshakeAdditions } from '../../protocol/contracts/client.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { RateLimit } from '../../protocol/rate-limit.ts';
import { checkTicket } from '../../protocol/ticket.ts';
import { checkTokenSignature, tokenOfQuery } from '../../protocol/token.ts';
import type { Edge, EdgeKeys } from '../mesh/edge.ts';
import type { Members } from '../mesh/members.ts';
import type { Visitor } from './client.ts';
import { defaults } from './defaults.ts';
import { UsedTickets } from './used-tickets.ts';

/** Who comes, by what it shows; the rest is what it asks for. */
type Identity = Omit<Visitor, 'plan' | 'sound' | 'followsLayers'>;

/** Who may come in (Licode: `tokenAuthenticator.js`): tickets are checked here alone, tokens with the edge. */
export class Admission {
  readonly #clock: Clock;
  readonly #edge: Edge;
  readonly #members: Members;
  readonly #nodeId: string;
  readonly #used: UsedTickets;
  /** A re-entry gives its client any number of tickets. */
  readonly #joins = new RateLimit({
    whose: 'this client',
    perSecond: defaults.joins_perSecond,
  });

  constructor(
    components: { clock: Clock; edge: Edge; members: Members },
    options: { nodeId: string },
  ) {
    this.#clock = components.clock;
    this.#edge = components.edge;
    this.#members = components.members;
    this.#nodeId = options.nodeId;
    this.#used = new UsedTickets(components);
  }

  /**
   * Uses the ticket, or the token whose fields the query holds. Throws the codes of tickets and
   * tokens, and `unavailable` where the edge is needed and away.
   */
  async admit(query: Record<string, unknown>, additions: HandshakeAdditions): Promise<Visitor> {
    const { keys } = this.#edge;
    if (keys === undefined) {
      throw new RizomaError('unavailable', 'this controller has not met the edge yet: try again');
    }
    const who =
      additions.ticket === undefined
        ? await this.#byToken(keys, query)
        : await this.#byTicket(keys, additions.ticket);
    const { plan, sound, followsLayers, strategy } = additions;
    return { ...who, plan, sound, followsLayers, strategy };
  }

  async #byTicket(keys: EdgeKeys, text: string): Promise<Identity> {
    const expected = { nodeId: this.#nodeId, now_ms: this.#clock.date() };
    const ticket = await checkTicket(keys.ticketSecrets, text, expected);
    const now_ms = this.#clock.now();
    this.#joins.demand(ticket.clientId, now_ms);
    this.#joins.take(ticket.clientId, now_ms);
    this.#used.use(ticket);
    const { clientId, roomId, userName, role, requestId, joinedAt_ms, proof } = ticket;
    const entry = { clientId, enteredAt_ms: ticket.issuedAt_ms, proof };
    return { entry, roomId, userName, role, requestId, joinedAt_ms };
  }

  /** What can be seen without the edge is seen first: it is asked about tokens of its own only. */
  async #byToken(keys: EdgeKeys, query: Record<string, unknown>): Promise<Identity> {
    const token = tokenOfQuery(query);
    await checkTokenSignature(keys.tokenKeys, token);
    const host = this.#members.node(this.#nodeId)?.host;
    if (host !== undefined && host !== token.host) {
      throw new RizomaError('token_wrong_host', `the token is for ${token.host}`);
    }
    if (!this.#edge.linked) {
      throw new RizomaError('unavailable', 'the edge cannot be reached now: try again');
    }
    const visitor = await this.#edge.call('token.consume', { token });
    return { ...visitor, requestId: undefined, joinedAt_ms: undefined };
  }
}
