import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { copyFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { build, stop, version } from 'esbuild';
import type { BuildOptions, BuildResult } from 'esbuild';
import { buildServerSdk } from './build-server-sdk.ts';
import { noticesOf } from './licences/notices.ts';
import { pageHeaders } from './page-headers.ts';
import { rootDir } from './paths.ts';

const pageDir = join(rootDir, 'client', 'page');
const outDir = join(rootDir, 'dist', 'client');
/** Beside each bundle. */
const noticesFile = 'NOTICES.txt';
const stampFile = join(rootDir, 'dist', 'client.hash');

/** What the browser is served as it stands. */
const STATIC = new Set(['.html', '.css', '.svg', '.ico', '.png', '.webmanifest']);

const scripts = ['build-client.ts', 'build-server-sdk.ts', join('licences', 'notices.ts')].map(
  (name) => join(import.meta.dirname, name),
);

/** Every file that the bundles can depend on. */
function sources(): string[] {
  const files = ['client', 'protocol'].flatMap((dir) =>
    readdirSync(join(rootDir, dir), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...files, join(rootDir, 'package-lock.json'), ...scripts].sort();
}

function sourcesHash(): string {
  const hash = createHash('sha256').update(version).update(pageHeaders(process.env));
  for (const file of sources()) {
    hash.update(`\0${relative(rootDir, file)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

const shared: BuildOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  sourcemap: true,
  minify: true,
  logLevel: 'warning',
  metafile: true,
  absWorkingDir: rootDir,
  banner: { js: `/*! Licences of what is in here: ${noticesFile} */` },
};

const inputsOf = ({ metafile }: Pick<BuildResult, 'metafile'>): string[] =>
  Object.keys(metafile?.inputs ?? {});

/**
 * Bundles the page and the SDK into dist/client, which the edge serves: `main.js` and what stands beside
 * it, and `rizoma.js`, an ES module; and the SDK for servers into dist/server. Does nothing when no source has changed; says whether it built.
 */
export async function buildClient(): Promise<'built' | 'unchanged'> {
  const hash = sourcesHash();
  const outFiles = [
    join(outDir, 'rizoma.js'),
    join(rootDir, 'dist', 'server', 'index.js'),
    stampFile,
  ];
  const built = outFiles.every((file) => existsSync(file));
  if (built && readFileSync(stampFile, 'utf8') === hash) return 'unchanged';
  rmSync(stampFile, { force: true });
  mkdirSync(outDir, { recursive: true });
  const [inServer, ...inBrowsers] = await Promise.all([
    buildServerSdk(),
    build({ ...shared, entryPoints: [join(pageDir, 'main.ts')], outdir: outDir }),
    build({
      ...shared,
      entryPoints: [join(rootDir, 'client', 'sdk', 'index.ts')],
      outfile: join(outDir, 'rizoma.js'),
    }),
  ]);
  writeFileSync(join(outDir, noticesFile), noticesOf(inBrowsers.flatMap(inputsOf)));
  writeFileSync(join(rootDir, 'dist', 'server', noticesFile), noticesOf(inputsOf(inServer)));
  // Its service would hold 60 MB for as long as the system runs.
  await stop();
  for (const name of readdirSync(pageDir)) {
    if (STATIC.has(extname(name))) copyFileSync(join(pageDir, name), join(outDir, basename(name)));
  }
  writeFileSync(join(outDir, '_headers'), pageHeaders(process.env));
  writeFileSync(stampFile, hash);
  return 'built';
}
