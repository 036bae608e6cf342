import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { runCommand, say } from './output.ts';
import { rootDir } from './paths.ts';
import { mediasoupPackage } from './worker/cache.ts';
import { hashesFile, readHashes } from './worker/hashes.ts';
import { learnHashes } from './worker/learn-hashes.ts';

/** `npm run worker-hashes`: adds the archives of the installed mediasoup to the table of those that may be unpacked. */
await runCommand(async () => {
  const { version, repository } = mediasoupPackage();
  const from = { version, repositoryUrl: repository.url, table: readHashes() };
  const table = await learnHashes(from, say);
  writeFileSync(hashesFile, `${JSON.stringify(table, undefined, 2)}\n`);
  say(
    `${relative(rootDir, hashesFile)} has them. Compare them with what mediasoup publishes, and commit it.`,
  );
  return 0;
});
