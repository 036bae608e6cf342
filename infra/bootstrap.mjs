// The one door of every npm script: node infra/bootstrap.mjs COMMAND [arguments].
// Plain JavaScript without dependencies, for the Node that the system has (18 or later): it installs the
// dependencies, Node 24 among them, and goes on as infra/<command>.ts under that Node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants, homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const commands = ['start', 'test', 'test-long', 'bench', 'mesh', 'check', 'audit', 'worker-hashes'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const bin = join(modules, '.bin');
const node = join(bin, 'node');
const stamp = join(modules, '.rizoma-lock-hash');
const lockFile = join(root, 'package-lock.json');
const quietly = ['--no-fund', '--no-audit', '--loglevel', 'error'];

function fail(message) {
  console.error(message);
  process.exit(1);
}

function checkPlatform() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    fail(
      `Rizoma runs on Linux, x64 or arm64; this is ${process.platform} ${process.arch}. ` +
        'A virtual machine or a container with Debian or Ubuntu will do.',
    );
  }
}

/** As in infra/paths.ts. */
function cacheDir() {
  const { RIZOMA_CACHE, XDG_CACHE_HOME } = process.env;
  return join(RIZOMA_CACHE || XDG_CACHE_HOME || join(homedir(), '.cache'), 'rizoma');
}

/** Before any script of ours runs, as Node loads compiled ones from there; `infra/private-dir.ts` looks again at what is used. */
function ensurePrivateCache() {
  const dir = cacheDir();
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(dir);
  if (uid === process.getuid() && (mode & 0o022) === 0) {
    if ((mode & 0o077) !== 0) chmodSync(dir, 0o700);
    return;
  }
  // Nobody knows what others put there. All of it can be made again.
  console.log(`Others could write to ${dir}, where programs are that are run: it is made anew.`);
  try {
    rmSync(dir, { recursive: true });
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    fail(
      `${dir} cannot be made anew (${error.message}): set RIZOMA_CACHE to a folder of your own.`,
    );
  }
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function isInstalled(hash) {
  return existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}

/** Whether npm has already put in place just what the lock file says, as after `npm install NAME`. */
function isUpToDate() {
  const hidden = join(modules, '.package-lock.json');
  if (!existsSync(node) || !existsSync(hidden)) return false;
  const wanted = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  const present = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return (
    Object.entries(wanted).every(
      ([path, entry]) =>
        path === '' ||
        (path in present ? present[path].integrity === entry.integrity : entry.optional === true),
    ) && Object.keys(present).every((path) => path in wanted)
  );
}

function runNpm(args) {
  const npm = process.env.npm_execpath;
  const [program, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  return spawnSync(program, [...first, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
}

function ensureInstalled() {
  const hash = lockHash();
  if (isInstalled(hash)) return;
  if (!isUpToDate()) {
    console.log('Installing the dependencies (npm ci), Node 24 among them ...');
    // Without scripts, as .npmrc says: what a dependency downloads at its install has no hash in the lock file.
    const { status, error } = runNpm(['ci', '--ignore-scripts', ...quietly]);
    if (error) fail(`npm cannot be run: ${error.message}`);
    if (status !== 0) fail('npm ci failed; what it says is above.');
  }
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (!stdout?.startsWith('v24.')) {
    fail(
      `${node} is not a Node 24 that runs here: remove node_modules and start again. If it stays so, the npm registry ` +
        `does not offer node-${process.platform}-${process.arch}.`,
    );
  }
  writeFileSync(stamp, hash);
}

/**
 * Goes on under Node 24, in a session of its own: Ctrl-C then reaches only this process, which passes it
 * on once and waits. The channel tells the child when this process dies without a word.
 */
function goOn(command, args) {
  // What watches over others for hours may well be small rather than quick.
  const flags = ['--optimize-for-size', '--max-semi-space-size=2'];
  const child = spawn(node, [...flags, join(root, 'infra', `${command}.ts`), ...args], {
    cwd: root,
    detached: true,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: {
      // For all that comes after: TypeScript is stripped and compiled once, so that processes start in
      // half the time and hold a quarter less memory.
      NODE_COMPILE_CACHE: join(cacheDir(), 'compile'),
      // What glibc starts with; it would grow with the largest buffer that was freed, and those of wrangler's
      // bundler, 75 MB of its 265, would not be given back.
      MALLOC_MMAP_THRESHOLD_: '131072',
      ...process.env,
      PATH: [bin, process.env.PATH ?? ''].join(delimiter),
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal));
  }
  child.once('error', (error) => fail(`${node} cannot be run: ${error.message}`));
  child.once('exit', (code, signal) =>
    process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)),
  );
}

const [command, ...args] = process.argv.slice(2);
if (!commands.includes(command)) fail(`Usage: node infra/bootstrap.mjs ${commands.join('|')}`);
checkPlatform();
ensurePrivateCache();
ensureInstalled();
goOn(command, args);
