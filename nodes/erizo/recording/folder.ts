import { existsSync } from 'node:fs';
import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RecordingFormat } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';

/** A file of a recording. */
export interface RecordingFile {
  /** As `RecordingName` of the protocol. */
  readonly name: string;
  readonly format: RecordingFormat;
}

/** The file of that part of a recording; of its first where that is undefined. */
export function recordingFile(
  recordingId: string,
  { part, format }: { part: number | undefined; format: RecordingFormat },
): RecordingFile {
  return { name: part === undefined ? recordingId : `${recordingId}-${part}`, format };
}

/** Where the recordings of a node are. */
export class RecordingFolder {
  readonly #dir: string | undefined;
  readonly #free_bytes: number;

  constructor(options: { dir: string | undefined; free_bytes: number }) {
    this.#dir = options.dir;
    this.#free_bytes = options.free_bytes;
  }

  /** Where it is (Licode: `<path>/<id>.mkv`). Throws `unavailable` where there is no folder. */
  path({ name, format }: RecordingFile): string {
    if (this.#dir === undefined) {
      throw new RizomaError(
        'unavailable',
        'this node keeps no recordings: its operator has to set RIZOMA_RECORDING_DIR',
      );
    }
    return join(this.#dir, `${name}.${format}`);
  }

  /** Where the file of that name is, whatever it is. Throws `unavailable` where there is none. */
  find(name: string): string {
    const files = RecordingFormat.options.map((format) => this.path({ name, format }));
    const file = files.find((path) => existsSync(path));
    if (file === undefined) {
      throw new RizomaError('unavailable', `there is no recording ${name} at this node`);
    }
    return file;
  }

  /** The new file of a recording. Throws `unavailable` where it cannot be, `overloaded` where the disk is full. */
  async create(recording: RecordingFile): Promise<string> {
    const file = this.path(recording);
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
      await this.discard(recording);
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
  async size(recording: RecordingFile): Promise<number> {
    try {
      return (await stat(this.path(recording))).size;
    } catch {
      return 0;
    }
  }

  /** Takes away what never became a recording. */
  async discard(recording: RecordingFile): Promise<void> {
    await rm(this.path(recording), { force: true });
  }
}
