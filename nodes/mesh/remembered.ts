import * as v from 'valibot';
import { CertificateText } from '../../protocol/certificate.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import { NodeCard } from '../../protocol/contracts/node-edge.ts';
import { PeerId } from '../../protocol/ids.ts';
import { keysOf } from '../../protocol/key-set.ts';
import { limits } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse.ts';
import { TicketPublicKey } from '../../protocol/ticket.ts';
import type { Log } from '../log.ts';
import { readState, writeState } from './state-file.ts';

const defaults = {
  /** Nodes that are remembered: some of them live when this one starts again, and know the rest. */
  nodes: 256,
  /** What changes is written together. */
  write_ms: 5_000,
} as const;

/** What a node needs to find the others while the edge is away. */
const Remembered = v.strictObject({
  /** Of the edge: check certificates. */
  ticketKeys: keysOf(TicketPublicKey),
  /** Of this node. */
  certificate: CertificateText,
  revoked: v.pipe(v.array(PeerId), v.maxLength(limits.revokedKeys)),
  nodes: v.pipe(v.array(NodeCard), v.maxLength(defaults.nodes)),
});

export type Remembered = v.InferOutput<typeof Remembered>;

const fileName = 'mesh.json';

/** Who was in the mesh, in a file of the state folder; without a folder nothing is kept. */
export class Memory {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #stateDir: string | undefined;
  readonly found: Remembered | undefined;
  #next: (() => Remembered | undefined) | undefined;
  #stopTimer: Cancel | undefined;
  #written = '';
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    components: { clock: Clock; log: Log },
    options: { stateDir: string | undefined; found: Remembered | undefined },
  ) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#stateDir = options.stateDir;
    this.found = options.found;
  }

  /** What is there is read; a file that is not what it was counts for nothing. */
  static async create(
    components: { clock: Clock; log: Log },
    options: { stateDir: string | undefined },
  ): Promise<Memory> {
    const { stateDir } = options;
    const text = stateDir === undefined ? undefined : await readState(stateDir, fileName);
    let found: Remembered | undefined;
    try {
      found = text === undefined ? undefined : parseJson(Remembered, text, fileName, 'internal');
    } catch {
      components.log.warn(`${fileName} cannot be read, and is written anew`);
    }
    return new Memory(components, { stateDir, found });
  }

  /** Writes it in a while, as it is then. */
  keep(what: () => Remembered | undefined): void {
    if (this.#stateDir === undefined) {
      return;
    }
    this.#next = what;
    this.#stopTimer ??= this.#clock.after(defaults.write_ms, () => this.#write());
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    this.#stopTimer?.();
    this.#write();
    await this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #write(): void {
    const what = this.#next?.();
    this.#next = undefined;
    this.#stopTimer = undefined;
    const stateDir = this.#stateDir;
    if (what === undefined || stateDir === undefined) {
      return;
    }
    const text = `${JSON.stringify({ ...what, nodes: what.nodes.slice(0, defaults.nodes) })}\n`;
    if (text === this.#written) {
      return;
    }
    this.#written = text;
    this.#writing = this.#writing
      .then(() => writeState(stateDir, fileName, text))
      .catch((thrown: unknown) => this.#log.error({ err: thrown }, 'the mesh is not remembered'));
  }
}
