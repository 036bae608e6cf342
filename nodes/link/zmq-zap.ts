import type { Context } from 'zeromq';
import { Router } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import { encodeZ85 } from '../../protocol/z85.ts';
import type { Log } from '../log.ts';
import { SummedLog } from '../summed-log.ts';
import type { Keyring } from './keyring.ts';
import { SendQueue } from './zmq-wire.ts';

/** Where libzmq asks, in each context (ZeroMQ RFC 27). */
const endpoint = 'inproc://zeromq.zap.01';
const version = '1.0';

export interface ZapComponents {
  clock: Clock;
  context: Context;
  keyring: Keyring;
  log: Log;
}

/**
 * Decides who may connect to the sockets of a context: processes of members, by their CURVE key. It
 * answers out of turn, so that one who is waited for holds up nobody.
 */
export class ZmqZap {
  readonly #keyring: Keyring;
  readonly #log: Log;
  readonly #refusals: SummedLog;
  readonly #socket: Router;
  readonly #queue: SendQueue;
  readonly #onRefused: () => void;

  private constructor(components: ZapComponents, options: { onRefused: () => void }) {
    this.#keyring = components.keyring;
    this.#log = components.log;
    this.#refusals = new SummedLog(components);
    this.#onRefused = options.onRefused;
    this.#socket = new Router({ context: components.context, linger: 0 });
    this.#queue = new SendQueue(
      (parts) => this.#socket.send(parts),
      () => this.#log.error('nobody can be admitted any more'),
    );
  }

  static async create(
    components: ZapComponents,
    options: { onRefused: () => void },
  ): Promise<ZmqZap> {
    const zap = new ZmqZap(components, options);
    await zap.#socket.bind(endpoint);
    void zap.#receive();
    return zap;
  }

  close(): void {
    this.#refusals.close();
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    try {
      for await (const parts of this.#socket) {
        void this.#decide(parts);
      }
    } catch {
      // The socket was closed while it waited.
    }
  }

  /** The parts of a request: sender, empty, version, request id, domain, address, identity, mechanism, key. */
  async #decide(parts: readonly Buffer[]): Promise<void> {
    const [sender, , , requestId, , address, , mechanism, key] = parts;
    if (sender === undefined || requestId === undefined) {
      return;
    }
    const isCurve = mechanism?.toString() === 'CURVE' && key?.length === 32;
    const good = isCurve && (await this.#keyring.admits(encodeZ85(key)));
    if (!good) {
      this.#onRefused();
      const words = 'connection refused: CURVE key is not a mesh member';
      this.#refusals.write('warn', 'stranger', { address: address?.toString() }, words);
    }
    if (!this.#socket.closed) {
      const status = good ? ['200', 'OK'] : ['400', 'not a member'];
      this.#queue.push([sender, '', version, requestId, ...status, '', '']);
    }
  }
}
