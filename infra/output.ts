/** A failure that the person at the terminal can act on: its message is all that is shown. */
export class BringUpError extends Error {
  override readonly name: string = 'BringUpError';
}

/** The person at the terminal wanted us to stop. */
export class StoppedError extends BringUpError {}

/** The exit code of a shell's command that SIGINT ended. */
const EXIT_STOPPED = 130;

/** Writes one line for the person who waits. */
export type Say = (line: string) => void;

export const say: Say = (line) => {
  process.stdout.write(`${line}\n`);
};

/** Without a terminal a line is written at most once per so many percent, so that logs stay short. */
const STEP_PERCENT = 5;

interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** One line that moves on a terminal, a line every few percent elsewhere. */
export class Progress {
  readonly #title: string;
  readonly #stream: ProgressStream;
  #shown_percent = -STEP_PERCENT;

  constructor(title: string, stream: ProgressStream = process.stdout) {
    this.#title = title;
    this.#stream = stream;
  }

  update(fraction: number, detail = ''): void {
    const percent = Math.floor(Math.min(1, Math.max(0, fraction)) * 100);
    const line = `${this.#title} ${percent} %${detail === '' ? '' : ` (${detail})`}`;
    if (this.#stream.isTTY === true) {
      this.#stream.write(`\r\u001b[K${line}`);
    } else if (percent >= this.#shown_percent + STEP_PERCENT) {
      this.#shown_percent = percent;
      this.#stream.write(`${line}\n`);
    }
  }

  end(): void {
    if (this.#stream.isTTY === true) this.#stream.write('\n');
  }
}

/** Runs the main function of a command: shows what failed and sets the exit code. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const shown = error instanceof BringUpError ? error.message : error;
    console.error(shown);
    process.exitCode = error instanceof StoppedError ? EXIT_STOPPED : 1;
  }
}
