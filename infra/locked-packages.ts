import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { rootDir } from './paths.ts';

/** A package as the lock file has it. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  /** Where it is installed, below the checkout. */
  readonly path: string;
  /** Whether it runs on servers or in browsers; what is not shipped is for those who work on Rizoma. */
  readonly isShipped: boolean;
  readonly license: string | undefined;
  /** Names of those that it needs. */
  readonly dependencies: readonly string[];
}

const LockFile = v.object({
  packages: v.record(
    v.string(),
    v.object({
      name: v.optional(v.string()),
      version: v.optional(v.string()),
      license: v.optional(v.string()),
      dependencies: v.optional(v.record(v.string(), v.string())),
      dev: v.optional(v.boolean()),
      devOptional: v.optional(v.boolean()),
    }),
  ),
});

/** All packages of a lock file but the project itself. */
export function lockedPackages(root: string = rootDir): LockedPackage[] {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const { packages } = v.parse(LockFile, JSON.parse(text));
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, { name, version = '', license, dependencies = {}, dev, devOptional }]) => ({
      name: name ?? nameOf(path),
      version,
      path,
      isShipped: dev !== true && devOptional !== true,
      license,
      dependencies: Object.keys(dependencies),
    }));
}

/** `node_modules/a/node_modules/@b/c` holds `@b/c`. */
function nameOf(path: string): string {
  const folder = 'node_modules/';
  return path.slice(path.lastIndexOf(folder) + folder.length);
}
