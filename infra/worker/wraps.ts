import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A dependency of the worker as its Meson wrap file names it. */
export interface Wrap {
  readonly name: string;
  /** Where Meson looks for the subproject before it would download it. */
  readonly directory: string;
}

/** Wraps that the worker itself does not use on Linux: its tests' framework, and getopt for Windows. */
const UNUSED = new Set(['catch2', 'wingetopt']);

export function parseWrap(name: string, text: string): Wrap {
  const directory = /^directory\s*=\s*(\S+)\s*$/m.exec(text)?.[1];
  if (directory === undefined) throw new Error(`${name}.wrap names no directory`);
  return { name, directory };
}

export function readWraps(subprojectsDir: string): Wrap[] {
  return readdirSync(subprojectsDir)
    .filter((file) => file.endsWith('.wrap'))
    .map((file) =>
      parseWrap(file.slice(0, -'.wrap'.length), readFileSync(join(subprojectsDir, file), 'utf8')),
    );
}

/**
 * What keeps our stand-ins from fitting a mediasoup version, in words; empty when all fit. Meson finds a
 * stand-in only by the exact name of the directory, and would otherwise try to download.
 */
export function wrapMismatches(wraps: readonly Wrap[], standIns: readonly string[]): string[] {
  const wanted = wraps.filter((wrap) => !UNUSED.has(wrap.name));
  const missing = wanted
    .filter((wrap) => !standIns.includes(wrap.directory))
    .map((wrap) => `${wrap.name}.wrap wants ${wrap.directory}, which has no stand-in`);
  const left = standIns
    .filter((name) => !wanted.some((wrap) => wrap.directory === name))
    .map((name) => `the stand-in ${name} answers no wrap file`);
  return [...missing, ...left];
}
