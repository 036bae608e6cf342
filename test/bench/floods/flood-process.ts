import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setPriority } from 'node:os';
import { parse } from '../../../protocol/parse.ts';
import type { Counts, Target } from './flood.ts';
import type { FloodName } from './floods.ts';
import type { Order } from './orders.ts';
import { Done } from './orders.ts';

/**
 * A flood comes from other machines: here it has what the processes that it meets leave of the cores, and so floods as much
 * as they take.
 */
const niceness = 10;

/** A flood in a process of its own. */
export class FloodProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<never>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error('the process of a flood has ended');
    });
    // It is told to, in the end.
    this.#ended.catch(() => undefined);
  }

  /** Its clients are there, and nothing is sent yet. */
  static async open(flood: FloodName, target: Target): Promise<FloodProcess> {
    const child = fork(join(import.meta.dirname, 'flooder.ts'));
    if (child.pid !== undefined) {
      setPriority(child.pid, niceness);
    }
    // One that cannot be told has ended, which is noticed.
    child.on('error', () => undefined);
    const process = new FloodProcess(child);
    await process.#tell({ is: 'open', flood, target });
    return process;
  }

  async start(): Promise<void> {
    await this.#tell({ is: 'start' });
  }

  /** Resolves with what it has done since it was opened. */
  stop(): Promise<Counts> {
    return this.#tell({ is: 'stop' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exited = once(this.#child, 'exit');
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      await this.#tell({ is: 'end' });
      await exited;
    }
  }

  async #tell(order: Order): Promise<Counts> {
    const answered = once(this.#child, 'message');
    if (this.#child.connected) {
      this.#child.send(order);
    }
    const [message] = (await Promise.race([answered, this.#ended])) as unknown[];
    const { is, words, counts } = parse(Done, message, 'an answer');
    if (is === 'failed') {
      throw new Error(`a flood did not ${order.is}: ${words}`);
    }
    return counts;
  }
}
