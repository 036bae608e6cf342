import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** What a path of a socket takes at the most, its end left out (unix(7): `sun_path`). */
const longestPath_bytes = 107;
/** The longest name of a socket here: a port. */
const longestName_bytes = '/65535'.length;
/** Of the name that a socket has in its folder. */
const isPort = /^\d{1,5}$/;

/**
 * The folder in which the processes of one node listen for each other, beside TCP: each at a socket that has
 * its TCP port for a name, so that whoever knows the one knows the other. Nobody but their user gets in.
 */
export class LocalSockets {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  /** Makes the folder, and removes what killed processes left in it. Rejects where it cannot be used, or its path is too long. */
  static async create(folder: string): Promise<LocalSockets> {
    const dir = resolve(folder);
    const spare_bytes = longestPath_bytes - longestName_bytes - Buffer.byteLength(dir);
    if (spare_bytes < 0) {
      throw new Error(
        `sockets cannot be in ${dir}: set RIZOMA_STATE_DIR to a path that is ${-spare_bytes} bytes shorter`,
      );
    }
    const sockets = new LocalSockets(dir);
    try {
      await mkdir(dir, { recursive: true, mode: 0o700 });
      // It may be there already, and open to others.
      await chmod(dir, 0o700);
      await sockets.#sweep();
    } catch (cause) {
      throw new Error(`sockets cannot be in ${dir} (RIZOMA_STATE_DIR)`, { cause });
    }
    return sockets;
  }

  /** The path of the socket of who listens at a TCP endpoint. */
  pathOf(endpoint: string): string {
    return join(this.#dir, endpoint.slice(endpoint.lastIndexOf(':') + 1));
  }

  /** The same where there is one: a process of an earlier version has none. */
  find(endpoint: string): string | undefined {
    const path = this.pathOf(endpoint);
    return existsSync(path) ? path : undefined;
  }

  /** Lists the folder first: whatever is in it and lives is among those that the kernel names afterwards. */
  async #sweep(): Promise<void> {
    const names = (await readdir(this.#dir)).filter((name) => isPort.test(name));
    const bound = await readFile('/proc/net/unix', 'utf8');
    const living = new Set(bound.split('\n').map((line) => line.slice(line.indexOf(' /') + 1)));
    const dead = names.map((name) => join(this.#dir, name)).filter((path) => !living.has(path));
    await Promise.all(dead.map((path) => rm(path, { force: true })));
  }
}
