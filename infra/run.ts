import { spawn } from 'node:child_process';
import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { createInterface } from 'node:readline';
import { StoppedError } from './output.ts';
import { onStopRequest } from './stop-request.ts';

export interface RunResult {
  readonly code: number | null;
  readonly output: string;
}

/** What is kept of a command's output for the case that it fails. */
const KEPT_LINES = 200;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly input?: Uint8Array;
  /** Called for each line of both outputs. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs a program to its end and keeps the last lines that it wrote. A program that cannot be started
 * rejects; one that fails resolves with its code, for the caller to judge. When we are asked to stop
 * meanwhile, so is the program, and the call rejects with a StoppedError.
 */
export function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { promise, resolve, reject } = Promise.withResolvers<RunResult>();
  const spawnOptions: SpawnOptions = {
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const child = spawn(program, args, spawnOptions);
  const stop = passOnStop(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (lines.length > KEPT_LINES) lines.shift();
      options.onLine?.(line);
    });
  }
  // A program that ends before it has read its input is judged by its exit code.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  child.once('error', reject);
  child.once('close', (code) => resolve({ code, output: lines.join('\n') }));
  return promise.finally(stop);
}

/** Passes a wish to stop on to a child; what it returns is called at the child's end and throws then. */
function passOnStop(child: ChildProcess): () => void {
  let stopped = false;
  const forget = onStopRequest((signal) => {
    stopped = true;
    child.kill(signal);
  });
  return () => {
    forget();
    if (stopped) throw new StoppedError('Stopped.');
  };
}

export interface AttachedOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Called with what the program sends over a channel of Node, which it has only where this is given. */
  readonly onMessage?: (message: unknown) => void;
}

/**
 * Runs a program with our own terminal; resolves with its exit code, 1 after a signal. When we are asked
 * to stop meanwhile, so is the program, and the call rejects with a StoppedError once it has ended.
 */
export function runAttached(
  program: string,
  args: readonly string[],
  { env = process.env, onMessage }: AttachedOptions = {},
): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const channel = onMessage === undefined ? [] : (['ipc'] as const);
  const child = spawn(program, args, {
    stdio: ['inherit', 'inherit', 'inherit', ...channel],
    env,
  });
  if (onMessage !== undefined) child.on('message', onMessage);
  const stop = passOnStop(child);
  child.once('error', reject);
  child.once('exit', (code) => resolve(code ?? 1));
  return promise.finally(stop);
}
