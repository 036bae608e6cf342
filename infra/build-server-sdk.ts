import { join } from 'node:path';
import { build } from 'esbuild';
import { BringUpError } from './output.ts';
import { nodeModulesDir, rootDir } from './paths.ts';
import { run } from './run.ts';

const sourceDir = join(rootDir, 'client', 'server');
const outDir = join(rootDir, 'dist', 'server');

/**
 * Builds `rizoma/server` into dist/server: one ES module that needs nothing besides, since Node strips no
 * types of packages, and its declarations.
 */
export async function buildServerSdk(): Promise<void> {
  await build({
    entryPoints: [join(sourceDir, 'index.ts')],
    outfile: join(outDir, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    logLevel: 'warning',
  });
  const { code, output } = await run(join(nodeModulesDir, '.bin', 'tsc'), ['-p', sourceDir]);
  if (code !== 0) throw new BringUpError(`the types of rizoma/server do not build:\n${output}`);
}
