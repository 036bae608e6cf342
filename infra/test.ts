import { runCommand } from './output.ts';
import { testFromCommandLine } from './testing/command.ts';
import { projects, shortRun } from './testing/parts.ts';
import { runVitest } from './testing/run.ts';

/** `npm test [-- --project NAME ... FILE ... options of vitest]`: the short run, or just what is named. */
await runCommand(() =>
  testFromCommandLine(async ({ args, named, env }) => {
    // A file may belong to any project; without one, the short run is wanted.
    const chosen = named.projects ?? (named.files ? projects : shortRun);
    const flags = chosen.map((project) => `--project=${project}`);
    return [await runVitest({ name: 'short', args: [...flags, ...args], env })];
  }),
);
