import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Cancel, Clock } from '../../../protocol/clock.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Log } from '../../log.ts';
import { recordingDefaults } from './defaults.ts';

export interface FfmpegOptions {
  args: readonly string[];
  /** What it reads from its standard input. */
  input?: string;
  /** It is not killed with the process group of its ErizoJS, as it ends by itself then. */
  outlives: boolean;
  /** Bytes that it has written so far. */
  onProgress?: (size_bytes: number) => void;
}

/** How it ended; the words are the last that it wrote. */
export interface FfmpegEnd {
  orderly: boolean;
  words: string;
  /** A port at which it was to listen is somebody else's. */
  portTaken: boolean;
}

/** Told by `-progress pipe:1`, twice a second. */
const progressArgs = ['-nostats', '-progress', 'pipe:1', '-stats_period', '0.5'];

/** Its exit code where it ended in order because of an interrupt. */
const interrupted = 255;

/** A run of ffmpeg. */
export class Ffmpeg {
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #exit: Promise<FfmpegEnd>;
  #words = '';
  #portTaken = false;
  #isAsked = false;
  #size_bytes = 0;

  private constructor(components: { clock: Clock; log: Log; child: ChildProcess }) {
    this.#clock = components.clock;
    this.#child = components.child;
    this.#exit = this.#watch(components.log);
  }

  static create(components: { clock: Clock; log: Log }, options: FfmpegOptions): Ffmpeg {
    const args = ['-hide_banner', '-nostdin', '-loglevel', 'warning', ...progressArgs];
    const child = spawn('ffmpeg', [...args, ...options.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: options.outlives,
      // Nothing else of ours: its proxies and keys are not for programs that open what they are told.
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
    });
    const ffmpeg = new Ffmpeg({ ...components, child });
    // One that does not read its input is judged by its exit.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    eachLine(child.stderr, (line) => {
      ffmpeg.#words = line.trim() === '' ? ffmpeg.#words : line.slice(0, 512);
      // It says so before the last of its words, which are of what came of it.
      ffmpeg.#portTaken ||= line.includes('Address already in use');
    });
    eachLine(child.stdout, (line) => {
      // Each report ends with `progress`; what is sent over a network has no size.
      ffmpeg.#size_bytes = Number(/^total_size=(\d{1,15})$/.exec(line)?.[1] ?? ffmpeg.#size_bytes);
      if (line.startsWith('progress=')) {
        options.onProgress?.(ffmpeg.#size_bytes);
      }
    });
    return ffmpeg;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** However it ends, and where it cannot be started. */
  get exit(): Promise<FfmpegEnd> {
    return this.#exit;
  }

  /** Resolves when it has ended, as it is asked to; else it is interrupted, and in the end killed. */
  async end(ask: () => void): Promise<FfmpegEnd> {
    this.#isAsked = true;
    ask();
    const { close_ms, kill_ms } = recordingDefaults;
    const stopTimers: Cancel[] = [
      this.#clock.after(close_ms, () => this.#child.kill('SIGINT')),
      this.#clock.after(kill_ms, () => this.#child.kill('SIGKILL')),
    ];
    try {
      return await this.#exit;
    } finally {
      for (const stopTimer of stopTimers) {
        stopTimer();
      }
    }
  }

  /** At once: it has nothing that must be closed. */
  kill(): void {
    this.#isAsked = true;
    this.#child.kill('SIGKILL');
  }

  #watch(log: Log): Promise<FfmpegEnd> {
    return new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#words = error.message;
        resolve({ orderly: false, words: error.message, portTaken: false });
      });
      // Not before all was read that it wrote.
      this.#child.once('close', (code, signal) => {
        const orderly = code === 0 || code === interrupted;
        const words = this.#words;
        log[orderly || this.#isAsked ? 'debug' : 'warn']({ code, signal, words }, 'ffmpeg exited');
        const said = signal === null ? words : `it was ended by ${signal}`;
        resolve({ orderly, words: said, portTaken: this.#portTaken });
      });
    });
  }
}

/** What a caller is told where ffmpeg did not do it; the words of ffmpeg are for the log. */
export function ffmpegError(what: string, { words }: FfmpegEnd): RizomaError {
  const missing = words.includes('ENOENT');
  const why = missing ? 'this node has no ffmpeg: its operator has to install it' : what;
  return new RizomaError('unavailable', why, { cause: new Error(words) });
}

function eachLine(stream: Readable, run: (line: string) => void): void {
  createInterface({ input: stream }).on('line', run);
}
