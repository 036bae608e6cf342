import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aptProgress, findProgram, installCommand } from '../../../infra/debian.ts';
import { rootDir } from '../../../infra/paths.ts';
import { checkStandIns, ninjaProgress } from '../../../infra/worker/build.ts';
import {
  mediasoupDir,
  mediasoupPackage,
  osName,
  workerCacheDir,
  workerKey,
} from '../../../infra/worker/cache.ts';
import { prebuiltUrl } from '../../../infra/worker/download.ts';
import { ensureWorker } from '../../../infra/worker/ensure.ts';
import { applyPatch, patches } from '../../../infra/worker/patches.ts';
import { sha256, whyNotWorker } from '../../../infra/worker/verify.ts';
import { parseWrap, readWraps, wrapMismatches } from '../../../infra/worker/wraps.ts';

const key = { version: '3.27.1', platform: 'linux', arch: 'x64', os: 'debian12' };

describe('the place of a worker in the cache', () => {
  test('names version, platform, machine and system', () => {
    expect(workerCacheDir(key, { RIZOMA_CACHE: '/c', XDG_CACHE_HOME: '/x' })).toBe(
      '/c/rizoma/worker/3.27.1-linux-x64-debian12',
    );
    expect(workerCacheDir(key, { XDG_CACHE_HOME: '/x' })).toMatch(/^\/x\/rizoma\//);
    expect(workerCacheDir(key, {})).toMatch(/\/\.cache\/rizoma\//);
  });

  test('takes the system from os-release, quoted or not, and lives without it', () => {
    expect(osName('NAME="Debian"\nVERSION_ID="12"\nID=debian\n')).toBe('debian12');
    expect(osName("ID='ubuntu'\nVERSION_ID='24.04'\n")).toBe('ubuntu24.04');
    expect(osName('')).toBe('unknown');
  });
});

describe('the stand-ins for the wrapped dependencies', () => {
  test('fit the wrap files of the installed mediasoup', () => {
    expect(() => checkStandIns(mediasoupPackage().version)).not.toThrow();
  });

  test('that a new version would not find are named, and those that nothing asks for', () => {
    const wraps = [parseWrap('libuv', '[wrap-file]\ndirectory = libuv-v2.0.0\nsource_url = x\n')];
    expect(wrapMismatches(wraps, ['libuv-v1.51.0'])).toEqual([
      'libuv.wrap wants libuv-v2.0.0, which has no stand-in',
      'the stand-in libuv-v1.51.0 answers no wrap file',
    ]);
  });

  test('are not asked for what only tests and Windows need', () => {
    const wraps = readWraps(join(mediasoupDir, 'worker', 'subprojects'));
    expect(wraps.map(({ name }) => name)).toEqual(expect.arrayContaining(['catch2', 'wingetopt']));
    const standIns = readdirSync(join(rootDir, 'infra', 'worker', 'subprojects'));
    expect(wrapMismatches(wraps, standIns)).toEqual([]);
  });
});

describe('the patches of the worker', () => {
  test.each(patches)('fit one place of $file', (patch) => {
    const text = readFileSync(join(mediasoupDir, 'worker', patch.file), 'utf8');
    expect(applyPatch(text, patch)).toContain(patch.put);
  });

  test('are refused where their place is gone or is there twice', () => {
    const patch = { file: 'f', find: 'a', put: 'b' };
    expect(() => applyPatch('x', patch)).toThrow('0 places');
    expect(() => applyPatch('a a', patch)).toThrow('2 places');
  });
});

describe('a file that may be a worker', () => {
  let dir: string;
  const script = (text: string): string => {
    const file = join(dir, 'mediasoup-worker');
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };

  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'rizoma-worker-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  test('is one when it answers as a worker does', async () => {
    expect(await whyNotWorker(await ensureWorker())).toBeUndefined();
  });

  test('is none when it cannot load its libraries', async () => {
    const file = script('echo "libuv.so.1: cannot open" >&2; exit 127');
    expect(await whyNotWorker(file)).toContain('127 where a worker exits with 41: libuv.so.1');
  });

  test('is none when it is not there or no program', async () => {
    expect(await whyNotWorker(join(dir, 'nothing'))).toContain('ENOENT');
    writeFileSync(join(dir, 'text'), 'text');
    expect(await whyNotWorker(join(dir, 'text'))).toContain('EACCES');
  });
});

test('the prebuilt worker is looked for where mediasoup itself would look', () => {
  expect(prebuiltUrl(key, 'git+https://host/owner/name.git', '6.1.0-18-amd64', {})).toBe(
    'https://host/owner/name/releases/download/3.27.1/mediasoup-worker-3.27.1-linux-x64-kernel6.tgz',
  );
  const env = { MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL: 'https://mirror' };
  expect(prebuiltUrl(key, 'x', '5.15', env)).toMatch(
    /^https:\/\/mirror\/3\.27\.1\/.*kernel5\.tgz$/,
  );
});

test('progress is read from the lines of ninja and apt', () => {
  expect(ninjaProgress('[12/261] Compiling C++ object x.o')).toEqual({ done: 12, total: 261 });
  expect(ninjaProgress('warning: [1/2]')).toBeUndefined();
  expect(aptProgress('dlstatus:1:50.0000:Retrieving file 1 of 2')).toBeCloseTo(0.25);
  expect(aptProgress('pmstatus:meson:50.0000:Unpacking meson')).toBeCloseTo(0.75);
  expect(aptProgress('Setting up meson ...')).toBeUndefined();
});

test('a missing package is named with the whole command that installs it', () => {
  expect(installCommand(['meson', 'g++'])).toBe(
    'sudo apt-get install -y --no-install-recommends meson g++',
  );
});

test('a program is found in PATH only where it can be run', () => {
  expect(findProgram('sh')).toMatch(/\/sh$/);
  expect(findProgram('passwd', '/etc')).toBeUndefined();
});

describe('the worker that a start uses', () => {
  let cache: string;
  let said: string[];
  const say = (line: string): void => void said.push(line);

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'rizoma-cache-'));
    said = [];
    vi.stubEnv('RIZOMA_CACHE', cache);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(cache, { recursive: true });
  });

  test('is the one that MEDIASOUP_WORKER_BIN names, if that can be run', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', process.execPath);
    expect(await ensureWorker(say)).toBe(process.execPath);
    expect(said).toEqual([]);
  });

  test('comes from the cache when that is whole', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', join(cache, 'nothing'));
    const dir = workerCacheDir(workerKey());
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'mediasoup-worker');
    writeFileSync(file, 'worker');
    const record = { source: 'built', sha256: await sha256(file) };
    writeFileSync(join(dir, 'worker.json'), JSON.stringify(record));
    expect(await ensureWorker(say)).toBe(file);
    expect(said).toEqual([expect.stringContaining('is no executable file')]);
  });
});
