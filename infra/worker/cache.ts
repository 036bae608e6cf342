import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { cacheDir, nodeModulesDir } from '../paths.ts';

/** What a binary depends on: another of any of these gets another place in the cache. */
export interface WorkerKey {
  readonly version: string;
  readonly platform: string;
  readonly arch: string;
  readonly os: string;
}

const PackageJson = v.object({
  version: v.pipe(v.string(), v.regex(/^\d+\.\d+\.\d+[\w.-]*$/)),
  repository: v.object({ url: v.string() }),
});

export const mediasoupDir = join(nodeModulesDir, 'mediasoup');

/** Version and repository of the installed mediasoup package. */
export function mediasoupPackage(): v.InferOutput<typeof PackageJson> {
  return v.parse(PackageJson, JSON.parse(readFileSync(join(mediasoupDir, 'package.json'), 'utf8')));
}

/** Name of the system from the text of os-release(5), as `debian12`; `unknown` where it says none. */
export function osName(osRelease: string): string {
  const field = (name: string): string =>
    new RegExp(`^${name}=["']?([\\w.-]*)`, 'm').exec(osRelease)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}`.toLowerCase() || 'unknown';
}

export function workerKey(): WorkerKey {
  return {
    version: mediasoupPackage().version,
    platform: process.platform,
    arch: process.arch,
    os: osName(readOsRelease()),
  };
}

function readOsRelease(): string {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
}

/** The folder in the cache that holds the worker for one kind of machine. */
export function workerCacheDir(key: WorkerKey, env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheDir(env), 'worker', `${key.version}-${key.platform}-${key.arch}-${key.os}`);
}
