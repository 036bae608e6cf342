import { join } from 'node:path';
import { release } from 'node:os';
import type { Say } from '../output.ts';
import { run } from '../run.ts';
import { mediasoupPackage } from './cache.ts';
import type { WorkerKey } from './cache.ts';

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
  key: WorkerKey,
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

/**
 * Downloads the prebuilt worker into a folder; resolves with its path, or undefined where there is none
 * or the host cannot be reached. The project publishes no checksum: TLS to its release host is what
 * vouches for it.
 */
export async function downloadWorker(
  key: WorkerKey,
  dir: string,
  say: Say,
): Promise<string | undefined> {
  const url = prebuiltUrl(key, mediasoupPackage().repository.url, release());
  say(`Looking for a prebuilt mediasoup worker ${key.version} ...`);
  try {
    const archive = await fetchBounded(url);
    const tar = await run('tar', ['-xzf', '-', '-C', dir, 'mediasoup-worker'], { input: archive });
    if (tar.code !== 0) throw new Error(`the archive does not unpack: ${tar.output}`);
    return join(dir, 'mediasoup-worker');
  } catch (error) {
    say(`No prebuilt worker (${reasonOf(error)}).`);
    return undefined;
  }
}

async function fetchBounded(url: string): Promise<Uint8Array> {
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

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
