import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { checkPortsFree } from '../../../infra/local/ports.ts';
import { nodeModulesDir } from '../../../infra/paths.ts';
import { cpu_ms } from '../cpu.ts';

export interface WorkerdOptions {
  /** The module that exports the Worker and its objects. */
  readonly entry: string;
  /** Classes of objects, by the names of their bindings. */
  readonly objects: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly port: number;
  /** Where it keeps its storage; a folder of its own. */
  readonly dir: string;
}

/** As in wrangler.toml. */
const compatibilityDate = '2026-10-01';

/** A Worker in workerd with nothing in between: no wrangler, no proxy, no inspector. */
export class Workerd {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async create(options: WorkerdOptions): Promise<Workerd> {
    const { entry, port, dir } = options;
    // Another Worker there would answer in the place of this one.
    await checkPortsFree([{ ip: '127.0.0.1', port, use: `Worker of ${entry}` }]);
    mkdirSync(join(dir, 'objects'), { recursive: true });
    await build({
      entryPoints: [entry],
      outfile: join(dir, 'worker.js'),
      bundle: true,
      format: 'esm',
      target: 'es2024',
      external: ['cloudflare:*', 'node:*'],
      logLevel: 'error',
    });
    writeFileSync(join(dir, 'config.capnp'), configOf(options));
    const program = join(nodeModulesDir, 'workerd', 'bin', 'workerd');
    const child = spawn(program, ['serve', join(dir, 'config.capnp')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const workerd = new Workerd(child, `http://127.0.0.1:${port}`);
    await workerd.#ready();
    return workerd;
  }

  /** Processor time that it has used, of all its threads. */
  cpu_ms(): number {
    return cpu_ms([this.#child.pid ?? 0]);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, 'exit');
      this.#child.kill('SIGTERM');
      await exited;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #ready(): Promise<void> {
    const until_ms = performance.now() + 20_000;
    for (;;) {
      try {
        await (await fetch(this.url)).text();
        return;
      } catch (error) {
        if (performance.now() > until_ms || this.#child.exitCode !== null) {
          throw new Error('workerd does not answer', { cause: error });
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
}

function configOf({ objects, vars, port, dir }: WorkerdOptions): string {
  const text = (value: string): string => JSON.stringify(value);
  const bindings = [
    ...Object.entries(vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...Object.entries(objects).map(
      ([name, type]) => `(name = ${text(name)}, durableObjectNamespace = ${text(type)})`,
    ),
  ];
  const namespaces = Object.values(objects).map(
    (type) => `(className = ${text(type)}, uniqueKey = ${text(type)}, enableSql = true)`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "disk", disk = (path = ${text(join(dir, 'objects'))}, writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [${bindings.join(', ')}],
  durableObjectNamespaces = [${namespaces.join(', ')}],
  durableObjectStorage = (localDisk = "disk"),
);
`;
}
