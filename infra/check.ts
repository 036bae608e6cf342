import { runChecks } from './checks.ts';
import { runCommand, say } from './output.ts';
import { formatTally, tallyChecks } from './tally.ts';

await runCommand(async () => {
  const tally = tallyChecks(await runChecks(say));
  say(formatTally(tally));
  return tally.failed === 0 ? 0 : 1;
});
