import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, findProgram } from '../../infra/debian.ts';
import { BringUpError } from '../../infra/output.ts';
import type { Say } from '../../infra/output.ts';
import { cacheDir, rootDir } from '../../infra/paths.ts';
import { run } from '../../infra/run.ts';

const source = join(rootDir, 'test', 'wan', 'forwarder.c');
const headers = '/usr/include/stdio.h';

/** The forwarder's program: compiled at its first use and kept by what its source is. */
export async function ensureForwarder(say: Say): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const dir = join(cacheDir(), 'wan');
  const program = join(dir, `forwarder-${hash}-${process.arch}`);
  if (!existsSync(program)) {
    mkdirSync(dir, { recursive: true });
    await compile(await ensureCompiler(say), program);
  }
  return program;
}

async function ensureCompiler(say: Say): Promise<string> {
  const present = findProgram('cc');
  if (present !== undefined && existsSync(headers)) {
    return present;
  }
  await aptInstall('The forwarder of a WAN', ['gcc', 'libc6-dev'], say);
  return findProgram('cc') ?? 'gcc';
}

async function compile(compiler: string, program: string): Promise<void> {
  // Two that compile it at once put the same in its place.
  const part = `${program}.${process.pid}.part`;
  const { code, output } = await run(compiler, ['-O2', '-Wall', '-Wextra', '-o', part, source]);
  if (code !== 0) {
    throw new BringUpError(`${compiler} could not compile ${source}:\n${output}`);
  }
  renameSync(part, program);
}
