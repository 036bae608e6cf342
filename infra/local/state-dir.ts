import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes the state folder of a system and its folder of logs ready for another run. Their files hold secrets, addresses of people
 * and what they said: nobody else of the machine gets in, whatever umask there is and whoever made the folder.
 */
export function prepareStateDir(stateDir: string): void {
  const logDir = join(stateDir, 'log');
  mkdirSync(logDir, { recursive: true, mode: 0o700 });
  for (const dir of [stateDir, logDir]) chmodSync(dir, 0o700);
  // The logs of a run are its own; those of the run before would only mislead.
  for (const name of readdirSync(logDir)) {
    if (name.endsWith('.log')) rmSync(join(logDir, name));
  }
}
