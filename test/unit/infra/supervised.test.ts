import { mkdtempSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Supervised } from '../../../infra/local/supervised.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

let dir: string;
let clock: VirtualClock;
let supervised: Supervised | undefined;
/** Resolves waiting tests, in order, each time the supervisor says something. */
let hear: (line: string) => void;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rizoma-supervised-'));
  clock = new VirtualClock();
  hear = () => undefined;
});
afterEach(async () => {
  await supervised?.halt('SIGKILL', 1_000);
  rmSync(dir, { recursive: true });
});

function supervise(program: string, beforeRestart?: () => Promise<unknown>): Supervised {
  supervised = new Supervised(
    { clock, say: (line) => hear(line) },
    {
      name: 'part',
      program: process.execPath,
      args: ['-e', program],
      cwd: dir,
      env: {},
      logFile: join(dir, 'part.log'),
      ...(beforeRestart === undefined ? {} : { beforeRestart }),
    },
  );
  return supervised;
}

function nextLine(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  hear = resolve;
  return promise;
}

const lives = 'setInterval(() => {}, 1000)';

test('a process that ends by itself is started again, after waits that double', async () => {
  const part = supervise('process.exit(3)');
  let said = nextLine();
  part.start();
  expect(await said).toContain('ended by itself (exit code 3); starting it again in 0.5 s');
  expect(part.pid).toBeUndefined();
  said = nextLine();
  clock.advance(499);
  expect(clock.pending).toBe(1);
  clock.advance(1);
  expect(await said).toContain('in 1 s');
});

test('what the process left is cleared away before it is started again', async () => {
  const { promise: cleared, resolve: clear } = Promise.withResolvers<void>();
  const part = supervise('process.exit(1)', () => cleared);
  const ended = nextLine();
  part.start();
  await ended;
  const again = nextLine();
  clock.advance(500);
  expect(part.pid).toBeUndefined();
  clear();
  expect(await again).toContain('in 1 s');
});

test('a process that is halted while things are cleared away stays down', async () => {
  const { promise: cleared, resolve: clear } = Promise.withResolvers<void>();
  const part = supervise('process.exit(1)', () => cleared);
  const ended = nextLine();
  part.start();
  await ended;
  clock.advance(500);
  await part.halt('SIGTERM', 5_000);
  clear();
  await setImmediate();
  expect(part.pid).toBeUndefined();
});

test('a process that is halted stays down', async () => {
  const part = supervise(lives);
  part.start();
  expect(part.pid).toBeTypeOf('number');
  expect(await part.halt('SIGTERM', 5_000)).toBe('gone');
  expect(part.pid).toBeUndefined();
  expect(clock.pending).toBe(0);
});

test('a process that is halted while it waits to be started again stays down', async () => {
  const part = supervise('process.exit(1)');
  const ended = nextLine();
  part.start();
  await ended;
  expect(await part.halt('SIGTERM', 5_000)).toBe('gone');
  expect(clock.pending).toBe(0);
});

/** Resolves when the process has made a file of this name in its folder. */
function fileMade(name: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dir, (_event, file) => {
    if (file !== name) return;
    watcher.close();
    resolve();
  });
  return promise;
}

test('a process that does not end in its time is killed', async () => {
  const deaf = "process.on('SIGTERM', () => {}); require('node:fs').writeFileSync('deaf', '')";
  const part = supervise(`${deaf}; ${lives}`);
  const ready = fileMade('deaf');
  part.start();
  await ready;
  const halted = part.halt('SIGTERM', 1_000);
  clock.advance(1_000);
  expect(await halted).toBe('still there');
});

test('both outputs go to the log, which is its owner’s alone', async () => {
  const part = supervise("console.log('one'); console.error('two')");
  const ended = nextLine();
  part.start();
  await ended;
  expect(readFileSync(join(dir, 'part.log'), 'utf8')).toBe('one\ntwo\n');
  expect(statSync(join(dir, 'part.log')).mode & 0o777).toBe(0o600);
});
