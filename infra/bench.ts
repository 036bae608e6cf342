import { join } from 'node:path';
import { compareBeside } from './bench/beside.ts';
import type { BenchOptions } from './bench/options.ts';
import { parseBenchOptions, usage } from './bench/options.ts';
import { runCommand, say } from './output.ts';
import { cacheDir, rootDir } from './paths.ts';
import { prepare } from './prepare.ts';
import { runAttached } from './run.ts';
import { claimSlot } from './testing/slot.ts';

const prepareBenches = (): Promise<NodeJS.ProcessEnv> =>
  prepare({ browser: true, firefox: false, ffmpeg: false });

/** Runs the benches of this checkout, on addresses and ports that no other run of the machine uses. */
async function measure({ names, json, short }: BenchOptions): Promise<number> {
  const env = await prepareBenches();
  const slot = await claimSlot();
  try {
    const bench = join(rootDir, 'test', 'bench', 'main.ts');
    const flags = [...(json === undefined ? [] : ['--json', json]), ...(short ? ['--short'] : [])];
    const args = [...names, ...flags];
    return await runAttached(process.execPath, [bench, ...args], {
      env: { ...env, RIZOMA_TEST_SLOT: String(slot.number) },
    });
  } finally {
    await slot.release();
  }
}

/** `npm run bench`: measures this checkout, or compares it with another commit. */
async function main(): Promise<number> {
  const options = parseBenchOptions(process.argv.slice(2));
  if (options === 'help') {
    say(usage);
    return 0;
  }
  const { names, json, beside } = options;
  if (beside === undefined) return await measure(options);
  return await compareBeside({
    ...{ root: rootDir, cacheDir: join(cacheDir(), 'bench') },
    ...{ names, json, ...beside },
    ...{ say, prepare: prepareBenches },
  });
}

await runCommand(main);
