import { BringUpError, say as sayDefault } from '../../infra/output.ts';
import type { Say } from '../../infra/output.ts';
import { ensureForwarder } from './build.ts';
import { Forwarder } from './forwarder.ts';
import { whyNoWan } from './permission.ts';

/** How packets go between two hosts. */
export interface Way {
  /** Both ways together; half of it each way. */
  readonly rtt_ms: number;
  /** Added to the delay of each packet, up to this. */
  readonly jitter_ms?: number;
  /** Of the packets of each direction, 0 to 1. */
  readonly loss?: number;
}

/** One host of a WAN. */
export interface Host {
  readonly name: string;
  readonly ip: string;
  /** What a program on it is started through: the words that come before its own. */
  readonly enter: readonly string[];
}

interface Known {
  readonly host: Host;
  readonly number: number;
}

interface Direction {
  readonly way: Way;
  readonly cut: boolean;
}

/**
 * Several hosts on one machine, with a way between each two. A host is a network namespace with loopback
 * and one address; all of them, and the devices, are gone with the process that made them, however that
 * ends. Ways delay, jitter, lose and are cut; their bandwidth is the machine's.
 */
export class Wan {
  readonly #forwarder: Forwarder;
  readonly #prefix: string;
  readonly #hosts = new Map<string, Known>();
  readonly #directions = new Map<string, Direction>();

  private constructor(components: { forwarder: Forwarder }, options: { prefix: string }) {
    this.#forwarder = components.forwarder;
    this.#prefix = options.prefix;
  }

  /** Fails in words where this user may not make one. `here` is the host that this process is on. */
  static async create(options: { say?: Say } = {}): Promise<Wan> {
    const why = whyNoWan();
    if (why !== undefined) {
      throw new BringUpError(why);
    }
    const program = await ensureForwarder(options.say ?? sayDefault);
    const { forwarder, prefix } = await Forwarder.create(program);
    const wan = new Wan({ forwarder }, { prefix });
    wan.#hosts.set('here', {
      host: { name: 'here', ip: wan.#ip(0), enter: [] },
      number: 0,
    });
    return wan;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()].map(({ host }) => host);
  }

  host(name: string): Host {
    return this.#known(name).host;
  }

  /** A host more; its ways to the others delay nothing until they are told to. */
  async addHost(name: string): Promise<Host> {
    if (this.#hosts.has(name)) {
      throw new BringUpError(`The WAN has a host ${name} already`);
    }
    const [number = '', fd = ''] = await this.#forwarder.ask('host', 'host');
    const namespace = `/proc/${this.#forwarder.pid}/fd/${fd}`;
    const host = { name, ip: this.#ip(Number(number)), enter: ['nsenter', `--net=${namespace}`] };
    this.#hosts.set(name, { host, number: Number(number) });
    return host;
  }

  /** From now on packets between the two, whichever sends, go this way. A cut stays. */
  async link(a: string, b: string, way: Way): Promise<void> {
    await this.#both(a, b, ({ cut }) => ({ way, cut }));
  }

  /** Nothing gets from one to the other any more; what is on its way still does. */
  async cut(a: string, b: string): Promise<void> {
    await this.#both(a, b, ({ way }) => ({ way, cut: true }));
  }

  async heal(a: string, b: string): Promise<void> {
    await this.#both(a, b, ({ way }) => ({ way, cut: false }));
  }

  /** What was handed over from one to the other so far, in IP packets. */
  async bytes(from: string, to: string): Promise<number> {
    const ends = `${this.#known(from).number} ${this.#known(to).number}`;
    const [bytes = ''] = await this.#forwarder.ask(`bytes ${ends}`, 'bytes');
    return Number(bytes);
  }

  /** Writes what is handed over between all hosts while `work` runs to a pcap file. Answers what `work` does. */
  async capture<T>(file: string, work: () => Promise<T>): Promise<T> {
    await this.#forwarder.ask(`capture ${file}`, 'ok');
    try {
      return await work();
    } finally {
      await this.#forwarder.ask('captured', 'captured');
    }
  }

  async close(): Promise<void> {
    await this.#forwarder.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #both(a: string, b: string, change: (now: Direction) => Direction): Promise<void> {
    await Promise.all([this.#direct(a, b, change), this.#direct(b, a, change)]);
  }

  async #direct(from: string, to: string, change: (now: Direction) => Direction): Promise<void> {
    const [first, second] = [this.#known(from), this.#known(to)];
    const key = `${first.number} ${second.number}`;
    const next = change(this.#directions.get(key) ?? { way: { rtt_ms: 0 }, cut: false });
    this.#directions.set(key, next);
    const { rtt_ms, jitter_ms = 0, loss = 0 } = next.way;
    const words = [key, rtt_ms / 2, jitter_ms, loss, next.cut ? 1 : 0];
    await this.#forwarder.ask(`way ${words.join(' ')}`, 'ok');
  }

  #known(name: string): Known {
    const known = this.#hosts.get(name);
    if (known === undefined) {
      const names = [...this.#hosts.keys()].join(', ');
      throw new BringUpError(`The WAN has no host "${name}". Hosts: ${names}`);
    }
    return known;
  }

  /** Host addresses count from 1. */
  #ip(number: number): string {
    return `${this.#prefix}.${number + 1}`;
  }
}
