import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RecordingFormat } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { RecordingBinding } from './binding.ts';
import { readBinding } from './binding.ts';

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
    return this.#in(`${name}.${format}`);
  }

  /**
   * Where the file of that name is, whatever it is. Throws `unavailable` where there is none, and in the same words where
   * it is another service's: nobody learns which ids others have.
   */
  async find(name: string, serviceId: string): Promise<string> {
    const binding = await readBinding(this.#bindingOf(name));
    for (const format of binding?.serviceId === serviceId ? RecordingFormat.options : []) {
      const file = this.path({ name, format });
      if (await isThere(file)) {
        return file;
      }
    }
    throw new RizomaError('unavailable', `there is no recording ${name} at this node`);
  }

  /**
   * The new file of a recording, with whose it is beside it. Throws `unavailable` where it cannot be, `overloaded` where the
   * disk is full.
   */
  async create(recording: RecordingFile, binding: RecordingBinding): Promise<string> {
    const file = this.path(recording);
    try {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, '', ours);
    } catch (cause) {
      throw unwritable(cause);
    }
    try {
      // On the disk before the first of the media: what is there after a loss of power is known to be somebody's.
      await writeFile(this.#bindingOf(recording.name), JSON.stringify(binding), {
        ...ours,
        flush: true,
      });
    } catch (cause) {
      await rm(file, { force: true });
      throw unwritable(cause);
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
    const files = [this.path(recording), this.#bindingOf(recording.name)];
    await Promise.all(files.map((file) => rm(file, { force: true })));
  }

  #bindingOf(name: string): string {
    return this.#in(`${name}.json`);
  }

  /** Ids that come from outside are digits (`RecordingName`), and so no paths. */
  #in(file: string): string {
    if (this.#dir === undefined) {
      throw new RizomaError(
        'unavailable',
        'this node keeps no recordings: its operator has to set RIZOMA_RECORDING_DIR',
      );
    }
    return join(this.#dir, file);
  }
}

/** For the owner alone, and never in the place of another file. */
const ours = { flag: 'wx', mode: 0o600 } as const;

async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

function unwritable(cause: unknown): RizomaError {
  return new RizomaError(
    'unavailable',
    'the folder of recordings cannot be written: its operator has to look at RIZOMA_RECORDING_DIR',
    { cause },
  );
}
