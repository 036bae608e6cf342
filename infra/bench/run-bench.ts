import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { newUuid } from '../../protocol/ids.ts';
import { sweep } from '../local/sweep.ts';
import { BringUpError, say } from '../output.ts';
import { run, runAttached } from '../run.ts';
import type { BenchName } from './names.ts';
import type { BenchRow } from './rows.ts';
import { readRows } from './rows.ts';

/** A checkout whose benches run, with its environment. */
export interface Side {
  readonly title: string;
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/** What is shown of the output of a run that failed. */
const shownLines = 40;

/** Set for its own checkout by npm, or by the bootstrap, which leaves alone what is set already. */
const ofCheckout =
  /^(NODE_COMPILE_CACHE|MALLOC_MMAP_THRESHOLD_|RIZOMA_TEST_SLOT|INIT_CWD|npm_command|npm_config_local_prefix|npm_(package|lifecycle)_.*)$/;

/** The environment without what belongs to one checkout, so that the other one sets its own. */
export function withoutCheckout(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !ofCheckout.test(name));
  const path = (env['PATH'] ?? '')
    .split(delimiter)
    .filter((dir) => !dir.endsWith(join('node_modules', '.bin')));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** `npm run bench -- ...` of a checkout, without npm: it installs and builds by its own rules what it lacks. */
function doorOf({ root }: Side): [string, string, string] {
  return [process.execPath, join(root, 'infra', 'bootstrap.mjs'), 'bench'];
}

/** Runs a bench once and resolves with its rows. Fails with the end of the run's output. */
export async function runBench(side: Side, bench: BenchName): Promise<readonly BenchRow[]> {
  const [node, ...door] = doorOf(side);
  const dir = mkdtempSync(join(tmpdir(), 'rizoma-compare-'));
  const json = join(dir, 'rows.json');
  try {
    const { code, output } = await swept(side, (env) =>
      run(node, [...door, bench, '--json', json], { env, cwd: side.root }),
    );
    const fail = (why: string): BringUpError => {
      const end = output.split('\n').slice(-shownLines).join('\n');
      return new BringUpError(`${bench} of the ${side.title} ${why}. Its output ends:\n${end}`);
    };
    if (code !== 0) throw fail(`ended with exit code ${code}`);
    return rowsIn(json, fail);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function rowsIn(file: string, fail: (why: string) => BringUpError): readonly BenchRow[] {
  try {
    return readRows(readFileSync(file, 'utf8'));
  } catch (error) {
    throw fail(`left no figures: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Runs a bench once with its output shown and its figures ignored, so that the checkout is ready afterwards. */
export async function rehearse(side: Side, bench: BenchName): Promise<void> {
  const [node, ...door] = doorOf(side);
  const code = await swept(side, (env) => runAttached(node, [...door, bench], { env }));
  if (code !== 0) {
    throw new BringUpError(
      `${bench} of the ${side.title} (${side.root}) ended with exit code ${code}; its output is above.`,
    );
  }
}

/** Ends what a run has left behind: it would take part in the next measurement. */
async function swept<T>(side: Side, task: (env: NodeJS.ProcessEnv) => Promise<T>): Promise<T> {
  const mark = { RIZOMA_BENCH_RUN: newUuid() };
  try {
    return await task({ ...side.env, ...mark });
  } finally {
    for (const { pid, command } of await sweep(mark)) {
      say(`Left behind by the ${side.title} and ended: pid ${pid}: ${command}`);
    }
  }
}
