import { join } from 'node:path';
import { runCommand } from './output.ts';
import { rootDir } from './paths.ts';
import { prepare } from './prepare.ts';
import { runAttached } from './run.ts';

/** `npm run bench`: gets ready what the benches need, as for the tests, and runs them. */
async function main(): Promise<number> {
  const env = await prepare({ browser: true, firefox: false, ffmpeg: false });
  const bench = join(rootDir, 'test', 'bench', 'main.ts');
  return await runAttached(process.execPath, [bench, ...process.argv.slice(2)], { env });
}

await runCommand(main);
