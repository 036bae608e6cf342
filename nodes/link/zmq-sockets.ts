import { Context } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import type { Link } from '../../protocol/link.ts';
import type { Log } from '../log.ts';
import type { Keyring } from './keyring.ts';
import type { DialOptions } from './zmq-dialer.ts';
import { ZmqDialer } from './zmq-dialer.ts';
import type { ListenOptions } from './zmq-listener.ts';
import { ZmqListener } from './zmq-listener.ts';
import { ZmqZap } from './zmq-zap.ts';

/**
 * How a process of a node speaks with those of its own and of others: ZeroMQ under CURVE, everyone with
 * the key of its node, and nobody in who is no member.
 */
export class ZmqSockets {
  readonly #components: { clock: Clock; keyring: Keyring; context: Context };
  readonly #zap: ZmqZap;

  private constructor(
    components: { clock: Clock; keyring: Keyring; context: Context },
    zap: ZmqZap,
  ) {
    this.#components = components;
    this.#zap = zap;
  }

  static async create(components: {
    clock: Clock;
    log: Log;
    keyring: Keyring;
  }): Promise<ZmqSockets> {
    const { clock, log, keyring } = components;
    // Of its own: a context has one place at which it asks who may connect.
    const context = new Context();
    const zap = await ZmqZap.create({ context, keyring, log });
    return new ZmqSockets({ clock, keyring, context }, zap);
  }

  /** Those who tried to connect and are no members. */
  get refused(): number {
    return this.#zap.refused;
  }

  /**
   * A link to a process that listens. It answers at once; what is sent before the other side is there
   * waits in the queue. A process that is not there, goes away, or is of a node that is no member, ends
   * it with `lost`.
   */
  dial(options: DialOptions): Link {
    return ZmqDialer.create(this.#components, options);
  }

  listen(options: ListenOptions): Promise<ZmqListener> {
    return ZmqListener.create(this.#components, options);
  }

  /** Whoever made links and listeners closes them first. */
  close(): void {
    this.#zap.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
