import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { BringUpError } from '../../infra/output.ts';

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** The running `forwarder.c`: one line asks, one line answers, in order. */
export class Forwarder {
  readonly #child: Child;
  readonly #waiting: PromiseWithResolvers<string>[] = [];
  #ended = false;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** Starts it and resolves with the network that it made, as `10.77.0`. */
  static async create(program: string): Promise<{ forwarder: Forwarder; prefix: string }> {
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
    const forwarder = new Forwarder(child);
    const ready = forwarder.#next();
    createInterface({ input: child.stdout })
      .on('line', (line) => forwarder.#waiting.shift()?.resolve(line))
      .on('close', () => forwarder.#onEnd());
    child.once('error', () => forwarder.#onEnd());
    // One that has ended is noticed by its output, and not by what was still written to it.
    child.stdin.on('error', () => undefined);
    return { forwarder, prefix: wordsOf(await ready, 'ready')[0] ?? '' };
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Sends a command; answers the words after the one that is expected. Throws what it says else. */
  async ask(command: string, expected: string): Promise<string[]> {
    const answer = this.#next();
    this.#child.stdin.write(`${command}\n`);
    return wordsOf(await answer, expected);
  }

  async close(): Promise<void> {
    if (!this.#ended) {
      const exited = once(this.#child, 'exit');
      this.#child.stdin.end();
      await exited;
    }
  }

  #next(): Promise<string> {
    const answer = Promise.withResolvers<string>();
    if (this.#ended) {
      answer.resolve('error the forwarder has ended');
    } else {
      this.#waiting.push(answer);
    }
    return answer.promise;
  }

  #onEnd(): void {
    this.#ended = true;
    for (const answer of this.#waiting.splice(0)) {
      answer.resolve('error the forwarder has ended');
    }
  }
}

function wordsOf(line: string, expected: string): string[] {
  const [first, ...rest] = line.split(' ');
  if (first !== expected) {
    throw new BringUpError(`The forwarder of the WAN says: ${line}`);
  }
  return rest;
}
