import type { ControllerSocket, SocketWatcher } from '../../client/sdk/controller-socket.ts';
import { FakeRawSocket } from './raw-socket-pair.ts';

interface Sent {
  readonly event: string;
  readonly message: unknown;
  readonly answer: (...args: unknown[]) => void;
}

/** The socket of a client, with the controller's side in the hands of a test. */
export class FakeControllerSocket extends FakeRawSocket implements ControllerSocket {
  override connected = false;
  query: Record<string, string>;
  auth: Record<string, string> = {};
  /** It does not say that it lives. */
  silent = false;
  redialled = 0;
  state: 'new' | 'open' | 'ended' = 'new';
  readonly url: string;
  readonly sent: Sent[] = [];
  readonly #onOpen: (socket: FakeControllerSocket) => void;
  #watcher: SocketWatcher | undefined;
  #next = 0;

  constructor(
    url: string,
    query: Record<string, string>,
    onOpen: (socket: FakeControllerSocket) => void = () => undefined,
  ) {
    super();
    this.url = url;
    this.query = query;
    this.#onOpen = onOpen;
  }

  override emit(event: string, ...args: unknown[]): void {
    const [wrapped, answer] = args;
    if (event === 'heartbeat') {
      if (!this.silent && typeof wrapped === 'function') {
        wrapped();
      }
      return;
    }
    if (event === 'socketgd_ack') {
      return;
    }
    const message =
      typeof wrapped === 'object' && wrapped !== null && 'msg' in wrapped ? wrapped.msg : undefined;
    this.sent.push({
      event,
      message,
      answer: (...values) => (typeof answer === 'function' ? answer(...values) : undefined),
    });
  }

  watch(watcher: SocketWatcher): void {
    this.#watcher = watcher;
  }

  open(): void {
    this.state = 'open';
    this.#onOpen(this);
  }

  setHandshake(handshake: { query: Record<string, string>; auth: Record<string, string> }): void {
    this.query = handshake.query;
    this.auth = handshake.auth;
  }

  redial(): void {
    this.redialled += 1;
    this.down('forced close');
  }

  /** An attempt to reach the controller comes to nothing. */
  failed(): void {
    this.#watcher?.failed();
  }

  end(): void {
    this.state = 'ended';
    this.connected = false;
  }

  /** The controller says something. */
  tell(event: string, msg: unknown): void {
    this.receive({ event, args: [{ socketgd: this.#next, msg }] });
    this.#next += 1;
  }

  /** The controller confirms all that it was sent up to this number. */
  confirm(id: number): void {
    this.receive({ event: 'socketgd_ack', args: [{ id }] });
  }

  up(): void {
    this.connected = true;
    this.#watcher?.up();
  }

  down(reason: string, final = false): void {
    this.connected = false;
    this.#watcher?.down(reason, final);
  }

  refuse(words: string): void {
    this.#watcher?.refused(words);
  }

  /** What was sent under this name so far. */
  of(event: string): Sent[] {
    return this.sent.filter((sent) => sent.event === event);
  }
}

/** The first event of a controller, as an empty room has it. */
export const connectedMessage = {
  streams: [],
  id: '5'.repeat(24),
  clientId: '11111111-1111-4111-8111-111111111111',
  returnKey: '22222222-2222-4222-8222-222222222222',
  singlePC: false,
  p2p: false,
  streamPriorityStrategy: false,
  connectionTargetBw: 0,
  defaultVideoBW: 300,
  maxVideoBW: 300,
  iceServers: [],
  region: 'eu-west',
};
