import type { Socket as NetSocket } from 'node:net';
import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import * as v from 'valibot';
import { isErrorCode } from '../../../protocol/errors.ts';
import { clientOfTicket } from '../client-of-ticket.ts';
import type { Numbering } from './signalling-plans.ts';

const Numbered = v.object({ socketgd: v.number(), msg: v.unknown() });
const Stream = v.object({ id: v.string() });
const Connected = v.object({
  clientId: v.string(),
  returnKey: v.optional(v.string()),
  streams: v.array(Stream),
});
const Offered = v.object({ connectionId: v.string() });

/** The largest message that is taken is far smaller than twice this. */
export const long = 'x'.repeat(200_000);

/** What a client knows of its room: it needs no more to be a nuisance. */
export class Knowledge {
  readonly own = new Set<string>();
  readonly other = new Set<string>();
  readonly connections = new Set<string>();
  readonly recordings = new Set<string>();
}

/** A client that sends whatever it is told to, and hears whether each message is answered. */
export class SignallingClient {
  /** As others know it. */
  readonly clientId: string;
  readonly returnKey: string;
  readonly knowledge = new Knowledge();
  /** It reads messages and confirms none. */
  mute = false;
  readonly #socket: Socket;
  readonly #listeners = new Set<(event: string, msg: unknown) => void>();
  readonly #gone = Promise.withResolvers<string>();
  #nextId = 0;
  /** The answer to what was sent last with a number. */
  #asked = Promise.withResolvers<unknown[]>();
  #isOpen = true;

  private constructor(
    socket: Socket,
    clientId: string,
    connected: v.InferOutput<typeof Connected>,
  ) {
    this.#socket = socket;
    this.clientId = clientId;
    this.returnKey = connected.returnKey ?? connected.clientId;
    connected.streams.forEach(({ id }) => this.knowledge.other.add(id));
    socket.onAny((event: string, body: unknown) => this.#hear(event, body));
    socket.on('disconnect', (why) => {
      this.#isOpen = false;
      this.#gone.resolve(why);
    });
  }

  /** Resolves when it is in the room, or back in it where the query names a client. */
  static join(url: string, query: Record<string, string>): Promise<SignallingClient> {
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query,
    });
    return new Promise((resolve, reject) => {
      socket.once('connected', (body: unknown) => {
        const { socketgd, msg } = v.parse(Numbered, body);
        socket.emit('socketgd_ack', { id: socketgd });
        const clientId = clientOfTicket(query['ticket']);
        resolve(new SignallingClient(socket, clientId, v.parse(Connected, msg)));
      });
      socket.once('connect_error', (error) => {
        socket.close();
        reject(error);
      });
    });
  }

  /** Comes back as the client that lost its socket, and leaves; nothing where it is too late for that. */
  static async end(url: string, returnKey: string): Promise<void> {
    const query = { clientId: returnKey };
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      query,
    });
    await new Promise<void>((resolve) => {
      socket.once('connect', resolve);
      socket.once('connect_error', () => resolve());
    });
    socket.disconnect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves with the reason once its socket is gone. */
  get gone(): Promise<string> {
    return this.#gone.promise;
  }

  /**
   * Resolves with the arguments of the answer, or with nothing where the socket ended before. What is sent
   * again is one message with what was sent last, and answers to either are answers to both.
   */
  async ask(event: string, msg: unknown, wish: Numbering = 'next'): Promise<unknown[] | undefined> {
    // What was never sent cannot be sent again.
    const number = wish === 'again' && this.#nextId === 0 ? 'next' : wish;
    const body = this.#numbered(msg, number);
    if (number !== 'again') {
      const asked = Promise.withResolvers<unknown[]>();
      this.#asked = number === 'next' ? asked : this.#asked;
      this.#socket.emit(event, body, (...args: unknown[]) => asked.resolve(args));
      return Promise.race([asked.promise, this.#gone.promise.then(() => undefined)]);
    }
    const { resolve } = this.#asked;
    this.#socket.emit(event, body, (...args: unknown[]) => resolve(args));
    return undefined;
  }

  /** Sends without asking for an answer. */
  say(event: string, msg: unknown): void {
    this.#socket.emit(event, this.#numbered(msg, 'next'));
  }

  raw(packet: string): void {
    this.#socket.io.engine.write(packet);
  }

  /** From now on nothing is read from its socket, as far as the kernel lets it. */
  stopReading(): void {
    this.#tcp.pause();
  }

  /** Its host is gone: who reads nothing cannot say goodbye either, and both sides would wait 30 s for that. */
  vanish(): void {
    this.#tcp.destroy();
  }

  /** Calls the listener for each message, until the answer is called. */
  listen(listener: (event: string, msg: unknown) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The network breaks. */
  cut(): void {
    this.#socket.io.engine.close();
  }

  leave(): void {
    this.#socket.disconnect();
  }

  get #tcp(): NetSocket {
    const { transport } = this.#socket.io.engine as unknown as {
      transport: { ws: { _socket: NetSocket } };
    };
    return transport.ws._socket;
  }

  #numbered(msg: unknown, number: Numbering): unknown {
    switch (number) {
      case 'next':
        this.#nextId += 1;
        return { socketgd: this.#nextId - 1, msg };
      case 'again':
        return { socketgd: Math.max(0, this.#nextId - 1), msg };
      case 'none':
        return msg;
      case 'odd':
        return { socketgd: -1.5, msg };
    }
  }

  #hear(event: string, body: unknown): void {
    const parsed = v.safeParse(Numbered, body);
    if (!parsed.success) {
      return;
    }
    const { socketgd: id, msg } = parsed.output;
    if (!this.mute) {
      this.#socket.emit('socketgd_ack', { id });
    }
    this.#learn(event, msg);
    for (const listener of this.#listeners) {
      listener(event, msg);
    }
  }

  #learn(event: string, msg: unknown): void {
    const { own, other, connections } = this.knowledge;
    if (event === 'onAddStream' && v.is(Stream, msg) && !own.has(msg.id)) {
      other.add(msg.id);
    } else if (event === 'onRemoveStream' && v.is(Stream, msg)) {
      own.delete(msg.id);
      other.delete(msg.id);
    } else if (event === 'connection_message_erizo' && v.is(Offered, msg)) {
      connections.add(msg.connectionId);
    }
  }
}

/** Why an answer is not a defined one; undefined where it is. Learns what it tells. */
export function objection(
  client: SignallingClient,
  event: string,
  args: readonly unknown[],
): string | undefined {
  const [first, words] = args;
  if (first === null && args.length === 4) {
    const code = /^(\w+): ./s.exec(String(words))?.[1] ?? '';
    const isDefined = words === 'Unauthorized' || (isErrorCode(code) && code !== 'internal');
    return isDefined ? undefined : `it is refused with ${JSON.stringify(args)}`;
  }
  const { own, other, connections, recordings } = client.knowledge;
  const third = args[2];
  switch (event) {
    case 'publish':
      own.add(String(first));
      other.delete(String(first));
      break;
    case 'startRecorder':
      recordings.add(String(first));
      break;
    case 'unpublish':
      return first === true ? undefined : `it is answered ${JSON.stringify(args)}`;
  }
  if ((event === 'publish' || event === 'subscribe') && typeof third === 'string') {
    connections.add(third);
  }
  const isId = /^\d{18}$/.test(String(first));
  return event !== 'publish' || isId ? undefined : `it is answered ${JSON.stringify(args)}`;
}
