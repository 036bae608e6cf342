import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { importsOf } from '../imports.ts';
import type { LockedPackage } from '../locked-packages.ts';
import { lockedPackages } from '../locked-packages.ts';
import { rootDir } from '../paths.ts';
import { isAllowed, parseExpression } from './expression.ts';
import type { Destination } from './rules.ts';
import { allowedLicences, exceptions } from './rules.ts';

export interface LicenceRules {
  readonly allowed: typeof allowedLicences;
  readonly exceptions: typeof exceptions;
}

const ownRules: LicenceRules = { allowed: allowedLicences, exceptions };

/** What is in the bundles for browsers: the folders whose imports lead to it. */
const bundled = ['client', 'protocol'] as const;

/** What is wrong with the licences of all dependencies, a line each. */
export function checkLicences(root: string = rootDir): string[] {
  const packages = lockedPackages(root);
  const inBrowsers = packagesBelow(importedPackages(root), packages);
  const destinationOf = ({ path, isShipped }: LockedPackage): Destination =>
    inBrowsers.has(path) ? 'browsers' : isShipped ? 'servers' : 'development';
  return licenceFaults(packages, destinationOf, (path) => manifestLicence(join(root, path)));
}

/** `readLicence` says what an installed package says itself, for those of which the lock file says nothing. */
export function licenceFaults(
  packages: readonly LockedPackage[],
  destinationOf: (one: LockedPackage) => Destination,
  readLicence: (path: string) => string | undefined,
  rules: LicenceRules = ownRules,
): string[] {
  const used = new Set<string>();
  const faults = packages.flatMap((one) => {
    const licence = one.license ?? readLicence(one.path);
    const destination = destinationOf(one);
    const fault = faultOf(licence, rules.allowed[destination]);
    const exception = Object.hasOwn(rules.exceptions, one.name)
      ? rules.exceptions[one.name]
      : undefined;
    if (fault === undefined) return [];
    if (exception !== undefined && exception.licence === (licence ?? 'none')) {
      used.add(one.name);
      return [];
    }
    return [
      `${one.name} ${one.version} (for ${destination}): ${fault}. ` +
        'Do without it, or write in infra/licences/rules.ts why it may be used.',
    ];
  });
  const unused = Object.keys(rules.exceptions)
    .filter((name) => !used.has(name))
    .map((name) => `infra/licences/rules.ts has an exception for ${name}, which needs none.`);
  return [...faults, ...unused];
}

function faultOf(licence: string | undefined, allowed: ReadonlySet<string>): string | undefined {
  if (licence === undefined) return 'it names no licence';
  try {
    const expression = parseExpression(licence);
    return isAllowed(expression, allowed) ? undefined : `its licence is ${licence}`;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `its licence ${JSON.stringify(licence)} cannot be read: ${why}`;
  }
}

/** Older packages have a list, of which one may choose. */
const Manifest = v.object({
  license: v.optional(v.union([v.string(), v.object({ type: v.string() })])),
  licenses: v.optional(v.array(v.object({ type: v.string() }))),
});

function manifestLicence(dir: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(dir, 'package.json'), 'utf8');
  } catch {
    return undefined;
  }
  const { license, licenses = [] } = v.parse(Manifest, JSON.parse(text));
  if (license !== undefined) return typeof license === 'string' ? license : license.type;
  return licenses.length === 0 ? undefined : licenses.map(({ type }) => type).join(' OR ');
}

/** Names of the packages that the code for browsers imports. */
function importedPackages(root: string): Set<string> {
  const names = new Set<string>();
  for (const dir of bundled) {
    const files = readdirSync(join(root, dir), { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))) {
      for (const specifier of importsOf(readFileSync(join(file.parentPath, file.name), 'utf8'))) {
        const name = /^(?:@[^/]+\/)?[^/.][^/]*/.exec(specifier)?.[0];
        if (name !== undefined && !name.startsWith('node:')) names.add(name);
      }
    }
  }
  return names;
}

/** Paths of the packages with these names, and of all on which they depend. */
function packagesBelow(names: Iterable<string>, packages: readonly LockedPackage[]): Set<string> {
  const byPath = new Map(packages.map((one) => [one.path, one]));
  const found = new Set<string>();
  const open = [...names].map((name) => `node_modules/${name}`);
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const dependencies = byPath.get(path)?.dependencies;
    if (dependencies === undefined || found.has(path)) continue;
    found.add(path);
    for (const name of dependencies) {
      const at = placesOf(path, name).find((place) => byPath.has(place));
      if (at !== undefined) open.push(at);
    }
  }
  return found;
}

/** Where Node looks for a package that one at `path` imports, the nearest first. */
function placesOf(path: string, name: string): string[] {
  const places: string[] = [];
  for (let at = `${path}/`; at !== ''; at = at.slice(0, at.lastIndexOf('node_modules/'))) {
    places.push(`${at}node_modules/${name}`);
  }
  return [...places, `node_modules/${name}`];
}
