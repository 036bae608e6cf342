import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../protocol/clock.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { networkOf } from '../../protocol/network-of.ts';
import { RateLimit } from '../../protocol/rate-limit.ts';
import type { NodeMeasures } from '../node-measures.ts';
import { TokenBucket } from '../token-bucket.ts';
import { TrustedProxies } from '../trusted-proxies.ts';
import { defaults } from './defaults.ts';

/** Which handshakes are looked at. */
export interface DoorOptions {
  /** Handshakes of one address in a second, ten times as many at once; no limit where it is undefined. */
  handshakes_perSecond?: number | undefined;
  /** Whose word on a client's address is believed. */
  trustedProxies?: TrustedProxies | undefined;
}

/** A packet of engine.io. */
interface Packet {
  readonly type: string;
  readonly data?: unknown;
}

/** As much of a connection of engine.io as the door needs. */
export interface DoorConnection {
  on(event: 'packet', listener: (packet: Packet) => void): unknown;
  /** `discard` drops what was still to be sent. */
  close(discard?: boolean): void;
}

/**
 * What stands between strangers and the controller: it counts handshakes by address and packets by connection, before
 * any signature is checked.
 */
export class Door {
  readonly #clock: Clock;
  readonly #measures: Pick<NodeMeasures, 'refused'>;
  readonly #rate: RateLimit;
  readonly #proxies: TrustedProxies;
  /** Connections that had their one handshake: who was refused asks again over another one, which is counted. */
  readonly #greeted = new WeakSet<DoorConnection>();
  /** Connections over which somebody was let in. */
  readonly #welcomed = new WeakSet<DoorConnection>();

  constructor(
    components: { clock: Clock; measures: Pick<NodeMeasures, 'refused'> },
    options: DoorOptions,
  ) {
    this.#clock = components.clock;
    this.#measures = components.measures;
    this.#rate = new RateLimit({
      whose: 'this address',
      perSecond: options.handshakes_perSecond,
    });
    this.#proxies = options.trustedProxies ?? new TrustedProxies([]);
  }

  /** Counts the request that begins a connection; answers the words of a refusal, or undefined where it may go on. */
  whyRefused(request: Pick<IncomingMessage, 'headers' | 'socket'>): string | undefined {
    const address = networkOf(this.#proxies.clientOf(request));
    const now_ms = this.#clock.now();
    try {
      this.#rate.demand(address, now_ms);
      this.#rate.take(address, now_ms);
      return undefined;
    } catch (thrown) {
      const { code, message } = toRizomaError(thrown);
      this.#measures.refused(code);
      return `${code}: ${message}`;
    }
  }

  /**
   * A connection over which nobody was let in has its handshake and little more to send; afterwards events are counted by
   * the client's channel, and there is little else that a client has to send.
   */
  watch(connection: DoorConnection): void {
    const others = new TokenBucket({ clock: this.#clock }, defaults.otherPackets);
    let packets = 0;
    connection.on('packet', ({ type, data }) => {
      packets += 1;
      const isStranger = !this.#welcomed.has(connection);
      const isEvent = type === 'message' && (typeof data !== 'string' || /^[25]/.test(data));
      if (isStranger ? packets > defaults.strangerPackets : !isEvent && !others.take()) {
        connection.close(true);
      }
    });
  }

  /** Whether this is the one handshake of its connection; another one ends the connection. */
  greet(connection: DoorConnection): boolean {
    if (this.#greeted.has(connection)) {
      connection.close(true);
      return false;
    }
    this.#greeted.add(connection);
    return true;
  }

  /** Somebody was let in over it. */
  welcome(connection: DoorConnection): void {
    this.#welcomed.add(connection);
  }
}
