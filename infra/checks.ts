import { globSync } from 'node:fs';
import { join } from 'node:path';
import { checkImports } from './imports.ts';
import { checkLicences } from './licences/licences.ts';
import type { Say } from './output.ts';
import { nodeModulesDir, rootDir } from './paths.ts';
import { run } from './run.ts';

export interface Check {
  readonly name: string;
  /** Resolves with what is wrong, or undefined. */
  readonly find: () => Promise<string | undefined>;
}

function program(name: string, args: readonly string[]): () => Promise<string | undefined> {
  return async () => {
    const file = join(nodeModulesDir, '.bin', name);
    const { code, output } = await run(file, args, { cwd: rootDir });
    return code === 0 ? undefined : output;
  };
}

/** Each folder is typed on its own, with the globals that it has where it runs. */
function typeChecks(): Check[] {
  const configs = globSync('{.,*,test/*}/tsconfig.json', {
    cwd: rootDir,
    exclude: ['node_modules/**'],
  });
  return configs
    .sort()
    .map((config) => ({ name: `types (${config})`, find: program('tsc', ['-p', config]) }));
}

/** Every static check; they run side by side. */
export function allChecks(): Check[] {
  const lines = (check: () => string[]) => async () => check().join('\n') || undefined;
  return [
    { name: 'lint', find: program('oxlint', ['--type-aware', '--deny-warnings']) },
    { name: 'format', find: program('oxfmt', ['--check', '.']) },
    { name: 'one-way imports', find: lines(checkImports) },
    { name: 'licences', find: lines(checkLicences) },
    ...typeChecks(),
  ];
}

/** Runs every static check, one after another, and shows what each found. */
export async function runChecks(say: Say): Promise<{ passed: number; failed: number }> {
  const counts = { passed: 0, failed: 0 };
  for (const { name, find } of allChecks()) {
    const wrong = await find();
    say(`${wrong === undefined ? 'ok  ' : 'FAIL'} ${name}`);
    if (wrong !== undefined) say(wrong);
    counts[wrong === undefined ? 'passed' : 'failed'] += 1;
  }
  return counts;
}
