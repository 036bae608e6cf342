import { readFileSync, readdirSync } from 'node:fs';

/** What /proc says of one process; every reader here takes a process that has gone as absent. */
export interface ProcessInfo {
  readonly pid: number;
  readonly command: string;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

export function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** State letter and start time (in clock ticks since boot) from the text of /proc/PID/stat. */
export function parseStat(stat: string): { state: string; start_ticks: string } | undefined {
  // The second field is the program's name in brackets and may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start_ticks] = [fields[0], fields[19]];
  return state === undefined || start_ticks === undefined ? undefined : { state, start_ticks };
}

/** Names one process for as long as the machine runs: pids are used again, start times are not. */
export function processIdentity(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  const parsed = stat === undefined ? undefined : parseStat(stat);
  if (parsed === undefined || parsed.state === 'Z' || parsed.state === 'X') return undefined;
  return `${pid}@${parsed.start_ticks}`;
}

/** Whether the process of an identity still lives. */
export function isAlive(identity: string): boolean {
  return processIdentity(Number(identity.split('@')[0])) === identity;
}

export function processCommand(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`)?.split('\0').join(' ').trim();
  return command === undefined || command === '' ? '(unknown)' : command;
}

/** Environment that a process was started with; undefined for other people's processes. */
export function processEnv(pid: number): Map<string, string> | undefined {
  const text = read(`/proc/${pid}/environ`);
  if (text === undefined) return undefined;
  const pairs = text
    .split('\0')
    .filter((line) => line.includes('='))
    .map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1)];
    });
  return new Map(pairs);
}

/** Living processes, except this one, whose environment at their start is as wanted. */
export function processesWhere(
  isWanted: (env: ReadonlyMap<string, string>) => boolean,
): ProcessInfo[] {
  return allPids()
    .filter((pid) => pid !== process.pid && processIdentity(pid) !== undefined)
    .filter((pid) => {
      const env = processEnv(pid);
      return env !== undefined && isWanted(env);
    })
    .map((pid) => ({ pid, command: processCommand(pid) }));
}

/** Whether an environment has all of these variables. */
export function hasEnv(
  wanted: Readonly<Record<string, string>>,
): (env: ReadonlyMap<string, string>) => boolean {
  return (env) => Object.entries(wanted).every(([name, value]) => env.get(name) === value);
}

/** Living processes, except this one, that were started with all of these variables. */
export function processesWithEnv(wanted: Readonly<Record<string, string>>): ProcessInfo[] {
  return processesWhere(hasEnv(wanted));
}
