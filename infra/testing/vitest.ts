import { parseCLI, startVitest } from 'vitest/node';
import { quarantine } from './quarantine.ts';
import { RunReporter } from './reporter.ts';

/** The environment that `runVitest` starts this with. */
const { RIZOMA_TEST_EVIDENCE: evidenceDir = '', RIZOMA_TEST_JUNIT: junitFile = '' } = process.env;

/**
 * `node vitest.ts [what vitest's command line takes]`: runs tests once and sends the report to the process that
 * started this. Its exit code says only whether the run itself came to its end.
 */
async function main(): Promise<void> {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
  const reporter = new RunReporter({ evidenceDir, quarantine, stream: process.stdout });
  const vitest = await startVitest('test', filter, {
    ...options,
    watch: false,
    passWithNoTests: true,
    reporters: [reporter, ['junit', { outputFile: junitFile }]],
  });
  await vitest.close();
  process.send?.(reporter.report);
  process.disconnect();
  process.exitCode = 0;
}

await main();
