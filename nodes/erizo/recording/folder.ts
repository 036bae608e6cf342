import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RizomaError } from '../../../protocol/errors.ts';

/** The name of a file of a recording, as `RecordingName` of the protocol. */
export function recordingName(recordingId: string, part: number | undefined): string {
  return part === undefined ? recordingId : `${recordingId}-${part}`;
}

/** Where the recordings of a node are. */
export class RecordingFolder {
  readonly #dir: string | undefined;
  readonly #free_bytes: number;

  constructor(options: { dir: string | undefined; free_bytes: number }) {
    this.#dir = options.dir;
    this.#free_bytes = options.free_bytes;
  }

  /** The file of that name (Licode: `<path>/<id>.mkv`). Throws `unavailable` where there is no folder. */
  file(name: string): string {
    if (this.#dir === undefined) {
      throw new RizomaError(
        'unavailable',
        'this node keeps no recordings: its operator has to set RIZOMA_RECORDING_DIR',
      );
    }
    return join(this.#dir, `${name}.mkv`);
  }

  /** The new file of a recording. Throws `unavailable` where it cannot be, `overloaded` where the disk is full. */
  async create(name: string): Promise<string> {
    const file = this.file(name);
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const handle = await open(file, 'wx', 0o600);
      await handle.close();
    } catch (cause) {
      throw new RizomaError(
        'unavailable',
        'the folder of recordings cannot be written: its operator has to look at RIZOMA_RECORDING_DIR',
        { cause },
      );
    }
    if (!(await this.hasRoom())) {
      await this.discard(name);
      throw new RizomaError('overloaded', 'the disk of recordings is nearly full');
    }
    return file;
  }

  /** Whether more may be written. A folder that is gone has no room. */
  async hasRoom(): Promise<boolean> {
    try {
      const { bavail, bsize } = await statfs(this.#dir ?? '');
      return bavail * bsize >= this.#free_bytes;
    } catch {
      return false;
    }
  }

  /** Of the file; 0 where it is gone. */
  async size(name: string): Promise<number> {
    try {
      return (await stat(this.file(name))).size;
    } catch {
      return 0;
    }
  }

  /** Takes away what never became a recording. */
  async discard(name: string): Promise<void> {
    await rm(this.file(name), { force: true });
  }
}
