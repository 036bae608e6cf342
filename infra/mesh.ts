import { join } from 'node:path';
import { StoppedError, runCommand } from './output.ts';
import { rootDir } from './paths.ts';
import { prepare } from './prepare.ts';
import { runAttached } from './run.ts';

/** `npm run mesh`: the whole system on a WAN of this machine; it is one of the tests' tools. */
async function main(): Promise<number> {
  const env = await prepare({ browser: false, firefox: false, ffmpeg: false });
  const mesh = join(rootDir, 'test', 'wan', 'main.ts');
  try {
    return await runAttached(process.execPath, [mesh, ...process.argv.slice(2)], { env });
  } catch (error) {
    // To be stopped is how it ends well; it has said so itself.
    if (error instanceof StoppedError) return 0;
    throw error;
  }
}

await runCommand(main);
