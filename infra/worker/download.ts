import { basename, join } from 'node:path';
import { release } from 'node:os';
import { fetchBounded, reasonOf } from '../fetch-bounded.ts';
import type { Say } from '../output.ts';
import { run } from '../run.ts';
import { mediasoupPackage } from './cache.ts';
import type { WorkerKey } from './cache.ts';
import { allowedHashes, readHashes, sha256Of } from './hashes.ts';
import type { Hashes } from './hashes.ts';

const bounds = {
  connect_timeout_ms: 10_000,
  body_timeout_ms: 120_000,
  /** The archive is about 3 MiB; past this it is something else. */
  size_bytes: 64 * 1024 * 1024,
} as const;

/** Address of the prebuilt worker, by the rule of mediasoup's own npm-scripts.mjs. */
export function prebuiltUrl(
  key: Pick<WorkerKey, 'version' | 'platform' | 'arch'>,
  repositoryUrl: string,
  kernelRelease: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const repository = repositoryUrl.replace(/^git\+/, '').replace(/\.git$/, '');
  const base =
    env['MEDIASOUP_WORKER_PREBUILT_DOWNLOAD_BASE_URL'] || `${repository}/releases/download`;
  const kernel = kernelRelease.split('.')[0];
  const name = `mediasoup-worker-${key.version}-${key.platform}-${key.arch}-kernel${kernel}.tgz`;
  return `${base}/${key.version}/${name}`;
}

/** An archive whose hash is allowed. */
export interface Archive {
  readonly archive: string;
  readonly archive_sha256: string;
}

/** The worker from it. */
export interface Prebuilt {
  readonly file: string;
  readonly from: Archive;
}

/**
 * Downloads the prebuilt worker into a folder, or resolves with undefined: where no hash of its archive is allowed, there
 * is none, its host cannot be reached, or it has another hash. The hash is what vouches for it, not the host.
 */
export async function downloadWorker(
  key: WorkerKey,
  dir: string,
  say: Say,
  table: Hashes = readHashes(),
): Promise<Prebuilt | undefined> {
  const url = prebuiltUrl(key, mediasoupPackage().repository.url, release());
  const archive = basename(url);
  const allowed = allowedHashes(archive, table);
  if (allowed.length === 0) {
    say(
      `No prebuilt worker is taken: ${archive} has no hash in infra/worker/prebuilt-sha256.json.`,
    );
    return undefined;
  }
  say(`Looking for a prebuilt mediasoup worker ${key.version} ...`);
  try {
    const bytes = await fetchArchive(url);
    if (bytes === undefined) throw new Error(`there is none at ${url}`);
    const hash = sha256Of(bytes);
    if (!allowed.includes(hash)) {
      throw new Error(`${url} has the SHA-256 ${hash}, and ${allowed.join(' or ')} is expected`);
    }
    const tar = await run('tar', ['-xzf', '-', '-C', dir, 'mediasoup-worker'], { input: bytes });
    if (tar.code !== 0) throw new Error(`the archive does not unpack: ${tar.output}`);
    return { file: join(dir, 'mediasoup-worker'), from: { archive, archive_sha256: hash } };
  } catch (error) {
    say(`No prebuilt worker is taken: ${reasonOf(error)}.`);
    return undefined;
  }
}

/** The archive, or undefined where its host says that there is none. Rejects where that cannot be known. */
export async function fetchArchive(url: string): Promise<Uint8Array | undefined> {
  const { status, ok, body } = await fetchBounded(url, bounds);
  if (status === 404) return undefined;
  if (!ok) throw new Error(`${status} from ${url}`);
  return body;
}
