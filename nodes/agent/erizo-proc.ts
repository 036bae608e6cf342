import { readFileSync, readdirSync } from 'node:fs';

const idVariable = /(?:^|\0)RIZOMA_ERIZO_ID=([0-9a-f-]{36})\0/;

/**
 * The id of the ErizoJS process with this pid, as the environment says that it was started with; undefined for all else.
 * A process that has exited and that nobody has waited for yet has no environment any more.
 */
export function erizoIdOf(pid: number): string | undefined {
  try {
    return idVariable.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** Of all ErizoJS processes of this user that live, whichever agent started them, and of what they have started. */
export function livingErizoIds(): Set<string> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Set(pids.map((pid) => erizoIdOf(Number(pid))).filter((id) => id !== undefined));
}
