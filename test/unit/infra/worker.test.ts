import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { release, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
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
import { ensurePrivateDir } from '../../../infra/private-dir.ts';
import { downloadWorker, prebuiltUrl } from '../../../infra/worker/download.ts';
import { ensureWorker } from '../../../infra/worker/ensure.ts';
import { readHashes, sha256Of } from '../../../infra/worker/hashes.ts';
import { learnHashes } from '../../../infra/worker/learn-hashes.ts';
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

/** A release host with archives by their names. */
class ArchiveHost {
  readonly archives = new Map<string, Uint8Array | number>();
  readonly asked: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const name = basename(request.url ?? '');
      this.asked.push(name);
      const archive = this.archives.get(name) ?? 404;
      if (typeof archive === 'number') {
        response.writeHead(archive).end();
      } else {
        response.end(archive);
      }
    });
  }

  /** Where archives are looked for until the test is over. */
  static async open(): Promise<ArchiveHost> {
    const host = new ArchiveHost();
    host.#server.listen(0, '127.0.0.1');
    await once(host.#server, 'listening');
    const { port } = host.#server.address() as AddressInfo;
    vi.stubEnv('MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL', `http://127.0.0.1:${port}`);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** An archive with a script that answers as a worker does. */
function workerArchive(comment: string): Uint8Array {
  const dir = mkdtempSync(join(tmpdir(), 'rizoma-archive-'));
  try {
    const file = join(dir, 'mediasoup-worker');
    writeFileSync(file, `#!/bin/sh\n# ${comment}\nexit 41\n`);
    chmodSync(file, 0o755);
    // The same bytes each time.
    const still = ['--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    return gzipSync(execFileSync('tar', [...still, '-C', dir, '-cf', '-', 'mediasoup-worker']));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const installedArchive = basename(prebuiltUrl(workerKey(), 'x', release(), {}));

describe('a prebuilt worker', () => {
  let dir: string;
  let said: string[];
  const say = (line: string): void => void said.push(line);

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rizoma-prebuilt-'));
    said = [];
    vi.stubEnv('RIZOMA_WORKER_SHA256', '');
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  test('is not asked for where no hash of it is known', async () => {
    await using host = await ArchiveHost.open();
    host.archives.set(installedArchive, workerArchive('a'));
    expect(await downloadWorker(workerKey(), dir, say, {})).toBeUndefined();
    expect(host.asked).toEqual([]);
    expect(said).toEqual([expect.stringContaining(`${installedArchive} has no hash in infra/`)]);
  });

  test('is taken where the table knows its hash, and is the file of that archive', async () => {
    await using host = await ArchiveHost.open();
    const bytes = workerArchive('a');
    host.archives.set(installedArchive, bytes);
    const archive_sha256 = sha256Of(bytes);
    const table = { [installedArchive]: archive_sha256 };
    const prebuilt = await downloadWorker(workerKey(), dir, say, table);
    expect(prebuilt?.from).toEqual({ archive: installedArchive, archive_sha256 });
    expect(await whyNotWorker(prebuilt?.file ?? '')).toBeUndefined();
  });

  test('is taken where the operator names its hash', async () => {
    await using host = await ArchiveHost.open();
    const bytes = workerArchive('a');
    host.archives.set(installedArchive, bytes);
    vi.stubEnv('RIZOMA_WORKER_SHA256', sha256Of(bytes));
    expect(await downloadWorker(workerKey(), dir, say, {})).toBeDefined();
  });

  test('with another hash is not even unpacked', async () => {
    await using host = await ArchiveHost.open();
    const [wanted, sent] = [workerArchive('a'), workerArchive('b')];
    host.archives.set(installedArchive, sent);
    const table = { [installedArchive]: sha256Of(wanted) };
    expect(await downloadWorker(workerKey(), dir, say, table)).toBeUndefined();
    expect(readdirSync(dir)).toEqual([]);
    expect(said.at(-1)).toContain(sha256Of(sent));
    expect(said.at(-1)).toContain(`${sha256Of(wanted)} is expected`);
  });

  test('is done without where its host has none or fails', async () => {
    await using host = await ArchiveHost.open();
    const table = { [installedArchive]: sha256Of(workerArchive('a')) };
    expect(await downloadWorker(workerKey(), dir, say, table)).toBeUndefined();
    host.archives.set(installedArchive, 503);
    expect(await downloadWorker(workerKey(), dir, say, table)).toBeUndefined();
    expect(said.join()).toMatch(/there is none at http.*503 from http/);
  });

  test('cannot be allowed by what is no hash', async () => {
    await using host = await ArchiveHost.open();
    vi.stubEnv('RIZOMA_WORKER_SHA256', 'any');
    await expect(downloadWorker(workerKey(), dir, say, {})).rejects.toThrow(
      'RIZOMA_WORKER_SHA256 is not 64 hex digits',
    );
    expect(host.asked).toEqual([]);
  });

  test('has its hash in a table that is whole', () => {
    expect(() => readHashes()).not.toThrow();
    const file = join(dir, 'table.json');
    writeFileSync(file, JSON.stringify({ archive: 'ABC' }));
    expect(() => readHashes(file)).toThrow('archive is not 64 hex digits');
  });
});

describe('the table of hashes', () => {
  const version = '3.27.1';
  const from = { version, repositoryUrl: 'x' };
  const name = (arch: string, kernel: string): string =>
    `mediasoup-worker-${version}-linux-${arch}-kernel${kernel}.tgz`;

  test('learns every archive that there is of a version, and keeps those of others', async () => {
    await using host = await ArchiveHost.open();
    host.archives.set(name('x64', '6'), Buffer.from('one'));
    host.archives.set(name('arm64', '6'), Buffer.from('two'));
    const said: string[] = [];
    const learnt = await learnHashes({ ...from, table: { old: 'f'.repeat(64) } }, (line) =>
      said.push(line),
    );
    expect(Object.entries(learnt)).toEqual([
      [name('arm64', '6'), sha256Of(Buffer.from('two'))],
      [name('x64', '6'), sha256Of(Buffer.from('one'))],
      ['old', 'f'.repeat(64)],
    ]);
    expect(said).toContain(`${name('x64', '5')}  there is none`);
  });

  test('learns nothing where one archive cannot be had, or there is none', async () => {
    await using host = await ArchiveHost.open();
    const say = (): void => undefined;
    await expect(learnHashes({ ...from, table: {} }, say)).rejects.toThrow('There is no prebuilt');
    host.archives.set(name('x64', '5'), Buffer.from('one'));
    host.archives.set(name('x64', '6'), 503);
    await expect(learnHashes({ ...from, table: {} }, say)).rejects.toThrow(
      /kernel6\.tgz cannot be had \(503 .*nothing was learnt/,
    );
  });

  test('learns nothing of an archive that has changed since it was released', async () => {
    await using host = await ArchiveHost.open();
    host.archives.set(name('x64', '6'), Buffer.from('other'));
    const table = { [name('x64', '6')]: sha256Of(Buffer.from('one')) };
    await expect(learnHashes({ ...from, table }, () => undefined)).rejects.toThrow(
      'has changed since its hash was noted',
    );
  });
});

describe('a folder of programs', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'rizoma-private-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  test('is made for its owner alone', () => {
    ensurePrivateDir(join(dir, 'a', 'b'));
    expect(statSync(join(dir, 'a', 'b')).mode & 0o777).toBe(0o700);
  });

  test('of another user is not used', () => {
    expect(() => ensurePrivateDir(dir, statSync(dir).uid + 1)).toThrow(
      /belongs to another user.*set RIZOMA_CACHE/,
    );
  });
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

  /** A cached worker, as an earlier start would have left it. */
  async function putIntoCache(source: object): Promise<string> {
    const dir = workerCacheDir(workerKey());
    mkdirSync(dir, { recursive: true });
    const file = join(dir, 'mediasoup-worker');
    writeFileSync(file, 'worker');
    const record = { ...source, sha256: await sha256(file) };
    writeFileSync(join(dir, 'worker.json'), JSON.stringify(record));
    return file;
  }

  test('comes from the cache when that is whole', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', join(cache, 'nothing'));
    const file = await putIntoCache({ source: 'built' });
    expect(await ensureWorker(say)).toBe(file);
    expect(said).toEqual([expect.stringContaining('is no executable file')]);
  });

  test('comes from a cache that is ours alone from then on', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', '');
    const file = await putIntoCache({ source: 'built' });
    for (const dir of [join(cache, 'rizoma'), dirname(file)]) {
      chmodSync(dir, 0o755);
      await ensureWorker(say);
      expect(statSync(dir).mode & 0o777).toBe(0o700);
    }
  });

  test('does not come from a folder to which others could write', async () => {
    vi.stubEnv('MEDIASOUP_WORKER_BIN', '');
    const file = await putIntoCache({ source: 'built' });
    for (const dir of [join(cache, 'rizoma'), dirname(file)]) {
      chmodSync(dir, 0o770);
      await expect(ensureWorker(say)).rejects.toThrow(`Others may write to ${dir}, `);
      chmodSync(dir, 0o700);
    }
  });

  test('that came prebuilt is not used once its hash is not allowed any more', async () => {
    await using host = await ArchiveHost.open();
    const bytes = workerArchive('new');
    host.archives.set(installedArchive, bytes);
    vi.stubEnv('MEDIASOUP_WORKER_BIN', '');
    const old = { archive: installedArchive, archive_sha256: sha256Of(workerArchive('old')) };
    const file = await putIntoCache({ source: 'prebuilt', ...old });
    vi.stubEnv('RIZOMA_WORKER_SHA256', old.archive_sha256);
    expect(await ensureWorker(say)).toBe(file);
    expect(readFileSync(file, 'utf8')).toBe('worker');
    vi.stubEnv('RIZOMA_WORKER_SHA256', sha256Of(bytes));
    expect(await ensureWorker(say)).toBe(file);
    expect(readFileSync(file, 'utf8')).toContain('new');
    expect(said.join()).toContain('its hash is not allowed: making it again');
    host.archives.clear();
    expect(await ensureWorker(say)).toBe(file);
  });
});
