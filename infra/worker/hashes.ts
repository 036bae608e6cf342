import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { BringUpError } from '../output.ts';

/**
 * SHA-256 of archives with prebuilt workers, by the archive's name, which says version, platform, machine and kernel. What
 * is not in it is not unpacked. `npm run worker-hashes` adds those of the installed version; a person looks at them and
 * commits them.
 */
export const hashesFile = fileURLToPath(new URL('prebuilt-sha256.json', import.meta.url));

const Sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is not 64 hex digits in lower case'));
const Hashes = v.record(v.string(), Sha256);

export type Hashes = Readonly<Record<string, string>>;

export function readHashes(file: string = hashesFile): Hashes {
  const result = v.safeParse(Hashes, JSON.parse(readFileSync(file, 'utf8')));
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new BringUpError(`${file}: ${v.getDotPath(issue) ?? 'the table'} ${issue.message}`);
}

/** The hashes that an archive may have: that of the table, and that which the operator names in RIZOMA_WORKER_SHA256. */
export function allowedHashes(
  archive: string,
  table: Hashes = readHashes(),
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const named = env['RIZOMA_WORKER_SHA256'] || undefined;
  if (named !== undefined && !v.is(Sha256, named)) {
    throw new BringUpError('RIZOMA_WORKER_SHA256 is not 64 hex digits in lower case.');
  }
  const known = Object.hasOwn(table, archive) ? table[archive] : undefined;
  return [known, named].filter((hash) => hash !== undefined);
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
