import { join } from 'node:path';
import { build } from 'esbuild';
import type { BuildResult } from 'esbuild';
import { BringUpError } from './output.ts';
import { nodeModulesDir, rootDir } from './paths.ts';
import { run } from './run.ts';

const sourceDir = join(rootDir, 'client', 'server');
const outDir = join(rootDir, 'dist', 'server');

/**
 * Builds `rizoma/server` into dist/server: one ES module that needs nothing besides, since Node strips no
 * types of packages, and its declarations. Answers what went into it.
 */
export async function buildServerSdk(): Promise<BuildResult> {
  const result = await build({
    entryPoints: [join(sourceDir, 'index.ts')],
    outfile: join(outDir, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    logLevel: 'warning',
    metafile: true,
    absWorkingDir: rootDir,
  });
  const { code, output } = await run(join(nodeModulesDir, '.bin', 'tsc'), ['-p', sourceDir]);
  if (code !== 0) throw new BringUpError(`the types of rizoma/server do not build:\n${output}`);
  return result;
}
