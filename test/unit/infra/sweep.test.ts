import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimState } from '../../../infra/local/claim.ts';
import { sweep } from '../../../infra/local/sweep.ts';
import { withLock } from '../../../infra/lock.ts';
import { isAlive, parseStat, processIdentity, processesWithEnv } from '../../../infra/proc.ts';

const children: ChildProcess[] = [];

/** A detached process that says when it is ready to be judged. */
async function startChild(runId: string, program: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${program};console.log('ready')`], {
    detached: true,
    env: { RIZOMA_RUN_ID: runId },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  await once(child.stdout, 'data');
  return child;
}

const lives = 'setInterval(() => {}, 1000)';
const ignoresTerm = `${lives};process.on('SIGTERM', () => {})`;

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('the sweep', () => {
  test('ends detached processes of a run, and no others', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    const child = await startChild(mine, lives);
    const stranger = await startChild(other, lives);
    const ended = once(child, 'exit');
    const found = await sweep({ RIZOMA_RUN_ID: mine });
    expect(found.map(({ pid }) => pid)).toEqual([child.pid]);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  });

  test('kills a process that does not end by itself', async () => {
    const runId = randomUUID();
    const child = await startChild(runId, ignoresTerm);
    const ended = once(child, 'exit');
    await sweep({ RIZOMA_RUN_ID: runId }, 50);
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(processesWithEnv({ RIZOMA_RUN_ID: runId })).toEqual([]);
  });

  test('finds the grandchildren, whose parent has gone', async () => {
    const runId = randomUUID();
    const grandchild = `require('node:child_process').spawn(process.execPath,['-e',${JSON.stringify(lives)}],{detached:true,stdio:'ignore'}).unref()`;
    const child = await startChild(runId, grandchild);
    if (child.exitCode === null) await once(child, 'exit');
    expect(await sweep({ RIZOMA_RUN_ID: runId })).toHaveLength(1);
  });
});

describe('the state folder', () => {
  let dir: string;
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'rizoma-state-'))));
  afterEach(() => {
    rmSync(dir, { recursive: true });
    said.length = 0;
  });

  test('is refused while the run that has it lives, and free when that gave it back', async () => {
    const release = await claimState(dir, randomUUID(), say);
    await expect(claimState(dir, randomUUID(), say)).rejects.toThrow(`(pid ${process.pid})`);
    release();
    const again = await claimState(dir, randomUUID(), say);
    again();
  });

  test('of a run that was cut off is taken over, and what it left is ended', async () => {
    const runId = randomUUID();
    await startChild(runId, lives);
    const record = JSON.stringify({ runId, supervisor: `${process.pid}@1` });
    writeFileSync(join(dir, 'run.json'), record);
    const release = await claimState(dir, randomUUID(), say);
    expect(said).toEqual(['An earlier start was cut off: ended its 1 processes.']);
    expect(processesWithEnv({ RIZOMA_RUN_ID: runId })).toEqual([]);
    release();
  });
});

describe('a lock', () => {
  let file: string;
  const noWait = (): void => undefined;

  beforeEach(() => (file = join(mkdtempSync(join(tmpdir(), 'rizoma-lock-')), 'lock')));

  test('holds its holder while the task runs, and is gone after it fails', async () => {
    const task = (): Promise<never> => {
      expect(readFileSync(file, 'utf8')).toBe(processIdentity(process.pid));
      return Promise.reject(new Error('broken'));
    };
    await expect(withLock(file, noWait, task)).rejects.toThrow('broken');
    expect(() => readFileSync(file)).toThrow('ENOENT');
  });

  test('of a process that has gone is taken over', async () => {
    writeFileSync(file, '1@999999999999');
    expect(await withLock(file, noWait, () => Promise.resolve('done'))).toBe('done');
  });

  test('lets a second task wait for the first', async () => {
    const order: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = withLock(file, noWait, async () => {
      await promise;
      order.push('first');
    });
    // The first is let go only when the second is known to wait.
    await Promise.all([
      first,
      withLock(
        file,
        () => resolve(),
        async () => void order.push('second'),
      ),
    ]);
    expect(order).toEqual(['first', 'second']);
  });
});

test('a process is known by its pid and its start, even with brackets in its name', () => {
  const fields = `S 1 ${'0 '.repeat(17)}777 0`;
  expect(parseStat(`12 (a) (b) ${fields}`)).toEqual({ state: 'S', start_ticks: '777' });
  expect(isAlive(processIdentity(process.pid) ?? '')).toBe(true);
  expect(isAlive(`${process.pid}@1`)).toBe(false);
});
