import { basename } from 'node:path';
import { reasonOf } from '../fetch-bounded.ts';
import { BringUpError } from '../output.ts';
import type { Say } from '../output.ts';
import { fetchArchive, prebuiltUrl } from './download.ts';
import type { Hashes } from './hashes.ts';
import { sha256Of } from './hashes.ts';

/** Machines that Rizoma runs on, and major versions of Linux for which mediasoup may have an archive. */
const machines = ['x64', 'arm64'] as const;
const kernels = ['5', '6', '7'] as const;

/**
 * Downloads every archive of a version that there is and resolves with the table that has their hashes too. Rejects, and
 * so leaves the table as it is, where an archive cannot be asked for, there is none at all, or one has another hash than
 * the table says: what was released does not change.
 */
export async function learnHashes(
  { version, repositoryUrl, table }: { version: string; repositoryUrl: string; table: Hashes },
  say: Say,
): Promise<Hashes> {
  const learnt = new Map(Object.entries(table));
  let found = 0;
  for (const arch of machines) {
    for (const kernel of kernels) {
      const url = prebuiltUrl({ version, platform: 'linux', arch }, repositoryUrl, kernel);
      const archive = basename(url);
      const hash = await hashOf(url);
      say(`${archive}  ${hash ?? 'there is none'}`);
      if (hash === undefined) continue;
      const known = learnt.get(archive) ?? hash;
      if (known !== hash) {
        throw new BringUpError(
          `${url} has changed since its hash was noted: it was ${known} and is ${hash}. ` +
            'Find out why before you trust it.',
        );
      }
      learnt.set(archive, hash);
      found += 1;
    }
  }
  if (found === 0) {
    throw new BringUpError(`There is no prebuilt worker of ${version}: nothing was learnt.`);
  }
  return Object.fromEntries([...learnt].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

async function hashOf(url: string): Promise<string | undefined> {
  try {
    const bytes = await fetchArchive(url);
    return bytes === undefined ? undefined : sha256Of(bytes);
  } catch (error) {
    throw new BringUpError(`${url} cannot be had (${reasonOf(error)}): nothing was learnt.`);
  }
}
