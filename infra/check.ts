import { runChecks } from './checks.ts';
import { runCommand, say } from './output.ts';
import { formatTally } from './testing/report.ts';

await runCommand(async () => {
  const tally = await runChecks(say);
  say(formatTally(tally));
  return tally.failed === 0 ? 0 : 1;
});
