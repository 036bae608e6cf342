import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { BringUpError } from '../output.ts';

const defaults = {
  /** How often a part that is not healthy yet is asked. */
  poll_ms: 100,
  /** One question; a part that is busy starting answers late. */
  ask_timeout_ms: 2_000,
  /** From the end of a log: enough for a stack trace. */
  logTail_bytes: 8 * 1024,
  logTail_lines: 25,
} as const;

/** A part that has to become healthy. */
export interface Check {
  readonly name: string;
  /** Resolves with undefined when healthy, else with why not. */
  readonly ask: (signal: AbortSignal) => Promise<string | undefined>;
  readonly logFile: string;
  /** Whether there is any hope: a process that has ended will not become healthy. */
  readonly ended?: () => boolean;
}

const Regions = v.object({ regions: v.array(v.object({ region: v.string(), state: v.string() })) });

export type RegionStates = ReadonlyMap<string, string>;

/** Asks for a page; what is not a 200 is why it is not healthy. */
export async function askOk(url: string, signal: AbortSignal): Promise<string | undefined> {
  const response = await fetch(url, { signal });
  await response.arrayBuffer();
  return response.status === 200 ? undefined : `${url} answers ${response.status}`;
}

/** The regions that the edge knows of, each with its state. */
export async function fetchRegions(edgeUrl: string, signal: AbortSignal): Promise<RegionStates> {
  const response = await fetch(`${edgeUrl}/regions`, { signal });
  if (!response.ok) throw new Error(`${edgeUrl}/regions answers ${response.status}`);
  const { regions } = v.parse(Regions, await response.json());
  return new Map(regions.map(({ region, state }) => [region, state]));
}

/** Waits until a part is healthy; fails with the last reason and the end of its log. */
export async function waitHealthy(check: Check, deadline: AbortSignal): Promise<void> {
  let reason = 'it has not answered yet';
  for (;;) {
    const one = AbortSignal.any([deadline, AbortSignal.timeout(defaults.ask_timeout_ms)]);
    try {
      const answer = await check.ask(one);
      if (answer === undefined) return;
      reason = answer;
    } catch (error) {
      if (!deadline.aborted) reason = reasonOf(error);
    }
    if (check.ended?.() === true) throw unhealthy(check, `ended while it started (${reason})`);
    if (deadline.aborted) throw unhealthy(check, `did not become healthy: ${reason}`);
    await sleep(defaults.poll_ms);
  }
}

function unhealthy(check: Check, what: string): BringUpError {
  const tail = logTail(check.logFile);
  return new BringUpError(`${check.name} ${what}.\nThe end of ${check.logFile}:\n${tail}`);
}

/** The last lines of a log file, indented. */
export function logTail(file: string): string {
  try {
    const fd = openSync(file, 'r');
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, defaults.logTail_bytes));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      const lines = buffer.toString('utf8').trimEnd().split('\n').slice(-defaults.logTail_lines);
      return lines.map((line) => `    ${line}`).join('\n');
    } finally {
      closeSync(fd);
    }
  } catch {
    return '    (there is no log)';
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
