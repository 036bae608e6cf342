import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { isExecutable } from '../debian.ts';
import { withLock } from '../lock.ts';
import { BringUpError, say as sayDefault } from '../output.ts';
import type { Say } from '../output.ts';
import { buildWorker } from './build.ts';
import { cacheDir } from '../paths.ts';
import { ensurePrivateDir } from '../private-dir.ts';
import { workerCacheDir, workerKey } from './cache.ts';
import type { WorkerKey } from './cache.ts';
import { downloadWorker } from './download.ts';
import type { Archive, Prebuilt } from './download.ts';
import { allowedHashes } from './hashes.ts';
import { sha256, whyNotWorker } from './verify.ts';

/** Stands beside the cached binary and says what it is. */
const Provenance = v.variant('source', [
  v.object({ source: v.literal('built'), sha256: v.string() }),
  v.object({
    source: v.literal('prebuilt'),
    sha256: v.string(),
    archive: v.string(),
    archive_sha256: v.string(),
  }),
]);

type Source = { readonly source: 'built' } | ({ readonly source: 'prebuilt' } & Archive);

const WORK_PREFIX = 'work-';

/**
 * Path of a mediasoup worker that runs here: MEDIASOUP_WORKER_BIN, else the cache, else downloaded, else
 * built. Only a binary that was seen to load gets into the cache, under its name in one step.
 */
export async function ensureWorker(say: Say = sayDefault): Promise<string> {
  const given = process.env['MEDIASOUP_WORKER_BIN'];
  if (given !== undefined && given !== '') {
    if (isExecutable(given)) return given;
    say(`MEDIASOUP_WORKER_BIN (${given}) is no executable file: going on without it.`);
  }
  const key = workerKey();
  const dir = workerCacheDir(key);
  for (const each of [cacheDir(), dir]) ensurePrivateDir(each);
  const cached = await readCache(dir, say);
  if (cached !== undefined) return cached;
  const onWait = (pid: number): void =>
    say(`Another start (pid ${pid}) prepares the worker: waiting.`);
  return await withLock(join(dir, 'lock'), onWait, async () => {
    return (await readCache(dir, say)) ?? (await makeWorker(key, dir, say));
  });
}

/**
 * The cached worker, if it is whole: its hash is the one that was noted when it was verified. A prebuilt one whose
 * archive is not allowed any more is made again. Whoever can write both files can write anything here: the folder is
 * ours alone.
 */
async function readCache(dir: string, say: Say): Promise<string | undefined> {
  const file = join(dir, 'mediasoup-worker');
  const note = join(dir, 'worker.json');
  if (!existsSync(file) || !existsSync(note)) return undefined;
  const provenance = v.safeParse(Provenance, parseJson(readFileSync(note, 'utf8')));
  if (!provenance.success || provenance.output.sha256 !== (await sha256(file))) {
    say('The cached mediasoup worker is damaged: making it again.');
    return undefined;
  }
  const noted = provenance.output;
  if (noted.source === 'prebuilt' && !allowedHashes(noted.archive).includes(noted.archive_sha256)) {
    say('The cached mediasoup worker came prebuilt, and its hash is not allowed: making it again.');
    return undefined;
  }
  return file;
}

async function makeWorker(key: WorkerKey, dir: string, say: Say): Promise<string> {
  // Whatever an earlier attempt left when it was cut off.
  for (const name of readdirSync(dir)) {
    if (name.startsWith(WORK_PREFIX)) rmSync(join(dir, name), { recursive: true, force: true });
  }
  const work = mkdtempSync(join(dir, WORK_PREFIX));
  try {
    const prebuilt = await usable(await downloadWorker(key, work, say), say);
    const made = prebuilt?.file ?? (await buildWorker(key.version, work, say));
    const why = await whyNotWorker(made);
    if (why !== undefined) throw new BringUpError(`The mediasoup worker does not run here: ${why}`);
    const source: Source =
      prebuilt === undefined ? { source: 'built' } : { source: 'prebuilt', ...prebuilt.from };
    return await keep(made, source, dir, say);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function usable(prebuilt: Prebuilt | undefined, say: Say): Promise<Prebuilt | undefined> {
  if (prebuilt === undefined) return undefined;
  const why = await whyNotWorker(prebuilt.file);
  if (why === undefined) return prebuilt;
  say(`The prebuilt worker does not run here: ${why}`);
  return undefined;
}

async function keep(made: string, source: Source, dir: string, say: Say): Promise<string> {
  const file = join(dir, 'mediasoup-worker');
  const hash = await sha256(made);
  chmodSync(made, 0o700);
  rmSync(join(dir, 'worker.json'), { force: true });
  renameSync(made, file);
  writeFileSync(join(dir, 'worker.json'), `${JSON.stringify({ ...source, sha256: hash })}\n`);
  say(`The mediasoup worker (${source.source}, sha256 ${hash.slice(0, 16)}...) is in ${dir}.`);
  return file;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
