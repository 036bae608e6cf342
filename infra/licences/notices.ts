import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { rootDir } from '../paths.ts';

const Manifest = v.object({
  name: v.string(),
  version: v.string(),
  license: v.optional(v.string()),
});

/** As npm packages name the file. */
const licenceFile = /^(licen[cs]e|copying|notice)(\.|-|$)/i;

/**
 * The licences of all packages that went into a bundle, in words, as MIT and its kin ask of whoever hands out a copy. Throws for a
 * package that brings no text of its licence.
 * @param inputs Files of the bundle below `root`, as esbuild's metafile names them.
 */
export function noticesOf(inputs: readonly string[], root: string = rootDir): string {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders]
    .toSorted()
    .map((folder) => noticeOf(join(root, folder)))
    .join('\n');
}

/** `node_modules/@a/b` of a file below it; of the innermost one where packages have packages. */
function packageFolder(file: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function noticeOf(folder: string): string {
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { name, version, license = 'see below' } = v.parse(Manifest, JSON.parse(text));
  const files = readdirSync(folder).filter((file) => licenceFile.test(file));
  if (files.length === 0) {
    throw new Error(`${name} ${version} has no file of its licence, which the bundle has to bring`);
  }
  const words = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...words, ''].join('\n\n');
}
