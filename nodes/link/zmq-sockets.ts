import { Context } from 'zeromq';
import type { Clock } from '../../protocol/clock.ts';
import type { Link } from '../../protocol/link.ts';
import type { Log } from '../log.ts';
import type { Caller, Keyring } from './keyring.ts';
import { LocalSockets } from './local-sockets.ts';
import type { DialOptions } from './zmq-dialer.ts';
import { ZmqDialer } from './zmq-dialer.ts';
import type { ListenOptions } from './zmq-listener.ts';
import { ZmqListener } from './zmq-listener.ts';
import { ZmqZap } from './zmq-zap.ts';

export interface SocketsOptions {
  /** The folder of the node's sockets; without it its processes speak over TCP with each other, too. */
  localDir: string | undefined;
  /** Somebody who is no member tried to connect. */
  onRefused: () => void;
}

interface SocketComponents {
  clock: Clock;
  log: Log;
  keyring: Keyring;
  context: Context;
  local: LocalSockets | undefined;
}

/**
 * How a process of a node speaks with those of its own and of others: ZeroMQ under CURVE, everyone with
 * the key of its node, and nobody in who is no member.
 */
export class ZmqSockets {
  readonly #components: SocketComponents;
  readonly #zap: ZmqZap;

  private constructor(components: SocketComponents, zap: ZmqZap) {
    this.#components = components;
    this.#zap = zap;
  }

  /** Rejects where the folder cannot be used. */
  static async create(
    components: { clock: Clock; log: Log; keyring: Keyring },
    options: SocketsOptions,
  ): Promise<ZmqSockets> {
    const { clock, log, keyring } = components;
    const { localDir } = options;
    const local = localDir === undefined ? undefined : await LocalSockets.create(localDir);
    // Of its own: a context has one place at which it asks who may connect.
    const context = new Context();
    const zap = await ZmqZap.create({ clock, context, keyring, log }, options);
    return new ZmqSockets({ clock, log, keyring, context, local }, zap);
  }

  /** Who a node is, by what was certified of it; undefined where it is no member. */
  member(nodeId: string): Caller | undefined {
    return this.#components.keyring.caller(nodeId);
  }

  /**
   * A link to a process that listens. It answers at once; what is sent before the other side is there
   * waits in the queue. A process that is not there, cannot be dialled, goes away, or is of a node that is no
   * member, ends it with `lost`.
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
