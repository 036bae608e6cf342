import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout that this file stands in; nothing depends on the working directory. */
export const rootDir = dirname(dirname(fileURLToPath(import.meta.url)));

export const nodeModulesDir = join(rootDir, 'node_modules');

/** What outlives a checkout: `$RIZOMA_CACHE`, else `$XDG_CACHE_HOME`, else `~/.cache`, below `rizoma/`. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['RIZOMA_CACHE'] || env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(base, 'rizoma');
}
