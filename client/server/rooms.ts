import type * as v from 'valibot';
import type { CreateTokenRequest, RoomAnswer, UserAnswer } from '../../protocol/contracts/rest.ts';
import { partialHeader } from '../../protocol/contracts/rest.ts';
import type { Caller } from './caller.ts';
import { demandSegment } from './caller.ts';
import type { User } from './sign.ts';

/** Options of a room, as the room that is answered has them. */
export type RoomOptions = Omit<RoomAnswer, '_id' | 'name'>;
/** The user's name and role, and where the participant may be. */
export type TokenRequest = User & v.InferInput<typeof CreateTokenRequest>;

/** Users of a room, and the ids of nodes that may have others and did not answer. */
export interface RoomUsers {
  readonly users: UserAnswer[];
  readonly missing: string[];
}

/** Rooms of the service. All throw an `EdgeError`, `not_found` where there is no such room. */
export class Rooms {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  /** A new room, whether or not there is one of that name. */
  async create(room: { name: string } & RoomOptions): Promise<RoomAnswer> {
    const { name, ...options } = room;
    return (await this.#caller.call('/rooms', 'POST', { body: { name, options } })).value;
  }

  /** The room of that name; a new one where there is none. */
  async getOrCreate(room: { name: string } & RoomOptions): Promise<RoomAnswer> {
    const { name, ...given } = room;
    const body = { name, options: { ...given, getOrCreate: true } };
    return (await this.#caller.call('/rooms', 'POST', { body, idempotent: true })).value;
  }

  /** All rooms, the oldest first. */
  async list(): Promise<RoomAnswer[]> {
    return (await this.#caller.call('/rooms', 'GET', {})).value;
  }

  async get(room: string): Promise<RoomAnswer> {
    return (await this.#caller.call('/rooms/:room', 'GET', { parameters: { room } })).value;
  }

  /** Sets the name and the options that are given; `data` is replaced. */
  async update(room: string, to: { name: string } & RoomOptions): Promise<void> {
    const { name, ...options } = to;
    const call = { parameters: { room }, body: { name, options } };
    await this.#caller.call('/rooms/:room', 'PUT', call);
  }

  /** Changes what is given; the fields of `data` are merged. */
  async patch(room: string, changes: { name?: string } & RoomOptions): Promise<void> {
    const { name, ...options } = changes;
    const body = { ...(name === undefined ? {} : { name }), options };
    await this.#caller.call('/rooms/:room', 'PATCH', { parameters: { room }, body });
  }

  /** Whoever is in it is disconnected, its tokens are worth nothing. */
  async delete(room: string): Promise<void> {
    await this.#caller.call('/rooms/:room', 'DELETE', { parameters: { room } });
  }
}

/** Tokens, each for one participant, to be handed to its client. */
export class Tokens {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  /**
   * Throws `region_empty` where nobody can serve now, `region_unknown` where a pin names a region that
   * there is not, `bad_request` for a name by which the user could not be removed, as `..`.
   */
  async create(room: string, request: TokenRequest): Promise<string> {
    const { userName, role, ...body } = request;
    demandSegment('userName', userName);
    const call = { parameters: { room }, body, user: { userName, role } };
    return (await this.#caller.call('/rooms/:room/tokens', 'POST', call)).value;
  }

  /** Every token and pass that the room gave until now is worth nothing; those who are in it stay. */
  async revoke(room: string): Promise<void> {
    await this.#caller.call('/rooms/:room/tokens', 'DELETE', { parameters: { room } });
  }
}

/** Who is in a room. `unavailable`: a controller that may know did not answer in time. */
export class Users {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  async list(room: string): Promise<RoomUsers> {
    const call = { parameters: { room } };
    const { value, headers } = await this.#caller.call('/rooms/:room/users', 'GET', call);
    const missing = headers.get(partialHeader)?.split(', ') ?? [];
    return { users: value, missing };
  }

  /** The first user of that name. */
  async get(room: string, user: string): Promise<UserAnswer> {
    const call = { parameters: { room, user } };
    return (await this.#caller.call('/rooms/:room/users/:user', 'GET', call)).value;
  }

  /** Disconnects all users of that name. */
  async delete(room: string, user: string): Promise<void> {
    await this.#caller.call('/rooms/:room/users/:user', 'DELETE', { parameters: { room, user } });
  }
}
