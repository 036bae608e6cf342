import { basename, join } from 'node:path';
import { release } from 'node:os';
import type { Say } from '../output.ts';
import { run } from '../run.ts';
import { mediasoupPackage } from './cache.ts';
import type { WorkerKey } from './cache.ts';
import { allowedHashes, readHashes, sha256Of } from './hashes.ts';
import type { Hashes } from './hashes.ts';

const defaults = {
  /** Until the answer begins: a machine without that host goes on quickly. */
  connect_timeout_ms: 10_000,
  /** For the whole body, some 10 MiB. */
  body_timeout_ms: 120_000,
  /** The archive is about 3 MiB; past this it is something else. */
  archiveSize_bytes: 64 * 1024 * 1024,
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
  const connect = new AbortController();
  const timer = setTimeout(
    () => connect.abort(new Error(`no answer within ${defaults.connect_timeout_ms / 1000} s`)),
    defaults.connect_timeout_ms,
  );
  const body_signal = AbortSignal.timeout(defaults.body_timeout_ms);
  let response: Response;
  try {
    response = await fetch(url, { signal: AbortSignal.any([connect.signal, body_signal]) });
  } finally {
    clearTimeout(timer);
  }
  if (response.status === 404) return undefined;
  if (!response.ok || response.body === null) throw new Error(`${response.status} from ${url}`);
  const chunks: Uint8Array[] = [];
  let size_bytes = 0;
  for await (const chunk of response.body) {
    size_bytes += chunk.byteLength;
    if (size_bytes > defaults.archiveSize_bytes) throw new Error('the archive is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
