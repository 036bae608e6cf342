import { join } from 'node:path';
import { buildClient } from './build-client.ts';
import { ensureChromium } from './chromium.ts';
import { runCommand } from './output.ts';
import { rootDir } from './paths.ts';
import { runAttached } from './run.ts';
import { ensureSecrets } from './secrets.ts';
import { ensureWorker } from './worker/ensure.ts';

/** `npm run bench`: gets ready what the benches need, as for the tests, and runs them. */
async function main(): Promise<number> {
  ensureSecrets();
  const env = {
    ...process.env,
    MEDIASOUP_WORKER_BIN: await ensureWorker(),
    RIZOMA_CHROMIUM: await ensureChromium(),
  };
  await buildClient();
  const bench = join(rootDir, 'test', 'bench', 'main.ts');
  return await runAttached(process.execPath, [bench, ...process.argv.slice(2)], env);
}

await runCommand(main);
