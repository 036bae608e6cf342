import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BringUpError, Progress } from './output.ts';
import type { Say } from './output.ts';
import { run } from './run.ts';

/** A machine that has just started updates itself: apt waits for that, which takes some minutes. */
const lockPatience_s = 600;

/** The path of a program, or undefined where PATH has none. */
export function findProgram(
  name: string,
  path: string = process.env['PATH'] ?? '',
): string | undefined {
  for (const dir of path.split(delimiter)) {
    if (dir === '') continue;
    const file = join(dir, name);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The command that a person who is not root would type. */
export function installCommand(packages: readonly string[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** Fraction done from one line of apt's status output (`dlstatus:` and `pmstatus:`), else undefined. */
export function aptProgress(line: string): number | undefined {
  const match = /^(dlstatus|pmstatus):[^:]*:([\d.]+):/.exec(line);
  if (match === null) return undefined;
  const half = Number(match[2]) / 200;
  return match[1] === 'dlstatus' ? half : 0.5 + half;
}

/** Where only the person at the terminal can install: says what, why and how. */
export function missingPackages(reason: string, packages: readonly string[]): BringUpError {
  return new BringUpError(
    `${reason} needs packages that are not installed: ${packages.join(', ')}.\n` +
      `Install them and start again:\n\n    ${installCommand(packages)}\n`,
  );
}

/**
 * Installs Debian packages where we are root and apt is there; elsewhere fails with the command to type.
 * The package lists are fetched only when an install without them has failed.
 */
export async function aptInstall(
  reason: string,
  packages: readonly string[],
  say: Say,
): Promise<void> {
  const apt = findProgram('apt-get');
  if (process.getuid?.() !== 0 || apt === undefined) throw missingPackages(reason, packages);
  say(`${reason} needs ${packages.join(', ')}: installing with apt-get.`);
  const first = await install(apt, packages);
  if (first.code === 0) return;
  say('apt-get could not install them yet: fetching the package lists.');
  const update = await run(apt, ['-q', 'update'], { env: aptEnv() });
  const second = update.code === 0 ? await install(apt, packages) : update;
  if (second.code === 0) return;
  throw new BringUpError(
    `apt-get could not install ${packages.join(', ')}:\n${second.output}\n` +
      `Try by hand:\n\n    ${installCommand(packages)}\n`,
  );
}

function aptEnv(): NodeJS.ProcessEnv {
  return { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
}

async function install(apt: string, packages: readonly string[]) {
  const progress = new Progress('Installing packages:');
  // Descriptor 1 carries apt's status lines between its other output.
  const options = ['APT::Status-Fd=1', `DPkg::Lock::Timeout=${lockPatience_s}`];
  const args = ['-q', '-y', '--no-install-recommends', ...options.flatMap((one) => ['-o', one])];
  const result = await run(apt, [...args, 'install', ...packages], {
    env: aptEnv(),
    onLine: (line) => {
      const fraction = aptProgress(line);
      if (fraction !== undefined) progress.update(fraction);
    },
  });
  progress.end();
  return result;
}
