import type { Agent } from 'node:http';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import { clientOfTicket } from '../support/client-of-ticket.ts';

type Body = Record<string, unknown>;

/**
 * A client on Licode's wire: socket.io over websocket only, numbered messages, confirmations,
 * and a reconnection by what `connected` gave it as its client id. What arrives is kept until the test asks for it.
 */
export class LicodeClient {
  /** As others know it; empty where it came by a token. */
  clientId = '';
  returnKey = '';
  readonly socket: Socket;
  /** It hears messages and confirms none. */
  mute = false;
  readonly #arrived = new Map<string, unknown[]>();
  readonly #wanted = new Map<string, ((msg: unknown) => void)[]>();
  #pending: { id: number; event: string; msg: unknown; ack: (...args: unknown[]) => void }[] = [];
  #nextId = 0;
  #lastSeen = -1;

  constructor(
    url: string,
    query: Record<string, string>,
    auth: Record<string, string> = {},
    agent?: Agent,
  ) {
    this.socket = io(url, {
      // Node's transport takes an agent; the types are of browsers.
      ...(agent === undefined ? {} : { agent: agent as unknown as boolean }),
      transports: ['websocket'],
      forceNew: true,
      reconnection: true,
      reconnectionDelay: 10,
      query,
      auth,
    });
    this.socket.io.on('reconnect_attempt', () => {
      this.socket.io.opts.query = { ...query, clientId: this.returnKey };
    });
    this.socket.onAny((event: string, body: unknown) => this.#onAny(event, body));
    this.socket.on('connect', () => this.#resend());
    this.socket.on('disconnect', (reason) => this.#put('disconnect', reason));
    this.socket.on('connect_error', (error: Error & { data?: unknown }) =>
      this.#put('connect_error', error.data),
    );
  }

  /** Resolves with the `connected` message. */
  static async join(
    url: string,
    query: Record<string, string>,
    agent?: Agent,
  ): Promise<LicodeClient & Joined> {
    const client = new LicodeClient(url, query, {}, agent);
    const first = await Promise.race([
      client.next('connected'),
      client.next('connect_error').then((data) => Promise.reject(new Error(String(data)))),
    ]);
    const connected = first as Body;
    client.clientId = clientOfTicket(query['ticket']);
    client.returnKey = String(connected['returnKey'] ?? connected['clientId']);
    return Object.assign(client, { connected });
  }

  /** Resolves with the words of the refusal. */
  static async refused(
    url: string,
    query: Record<string, string>,
    auth: Record<string, string> = {},
  ): Promise<string> {
    const client = new LicodeClient(url, query, auth);
    const words = await Promise.race([
      client.next('connect_error'),
      client.next('connected').then(() => 'let in'),
    ]);
    client.socket.disconnect();
    return String(words);
  }

  /** Sends a numbered message and resolves with the arguments of its answer. */
  ask(event: string, msg: unknown): Promise<unknown[]> {
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve) => {
      const ack = (...args: unknown[]): void => resolve(args);
      this.#pending.push({ id, event, msg, ack });
      if (this.socket.connected) {
        this.socket.emit(event, { socketgd: id, msg }, ack);
      }
    });
  }

  /** The next message of that name, the oldest first. */
  next(event: string): Promise<unknown> {
    const arrived = this.#arrived.get(event)?.shift();
    if (arrived !== undefined) {
      return Promise.resolve(arrived);
    }
    return new Promise((resolve) => {
      this.#wanted.set(event, [...(this.#wanted.get(event) ?? []), resolve]);
    });
  }

  /** How many messages of that name nobody asked for. */
  left(event: string): number {
    return this.#arrived.get(event)?.length ?? 0;
  }

  /** The network breaks; the client comes back by itself unless told not to. */
  cut(options: { comeBack: boolean }): void {
    this.socket.io.reconnection(options.comeBack);
    this.socket.io.engine.close();
  }

  #onAny(event: string, body: unknown): void {
    if (event === 'socketgd_ack') {
      const { id } = body as { id: number };
      this.#pending = this.#pending.filter((message) => message.id > id);
      return;
    }
    const { socketgd, msg } = body as { socketgd: number; msg: unknown };
    if (this.mute || socketgd <= this.#lastSeen) {
      return;
    }
    this.#lastSeen = socketgd;
    this.#put(event, msg);
    this.socket.emit('socketgd_ack', { id: socketgd });
  }

  #resend(): void {
    for (const { id, event, msg, ack } of this.#pending) {
      this.socket.emit(event, { socketgd: id, msg }, ack);
    }
  }

  #put(event: string, msg: unknown): void {
    const waiting = this.#wanted.get(event)?.shift();
    if (waiting === undefined) {
      this.#arrived.set(event, [...(this.#arrived.get(event) ?? []), msg]);
    } else {
      waiting(msg);
    }
  }
}

interface Joined {
  connected: Body;
}
