import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { BringUpError } from '../output.ts';
import type { Say } from '../output.ts';
import { isAlive, processIdentity } from '../proc.ts';
import { writePrivately } from '../secrets.ts';
import { sweep } from './sweep.ts';

const Claim = v.object({ runId: v.pipe(v.string(), v.uuid()), supervisor: v.string() });

/**
 * Takes a state folder for one run. A run whose supervisor lives keeps it; one whose supervisor was
 * killed left its processes behind, and those are ended first. Returns what gives the folder back.
 */
export async function claimState(stateDir: string, runId: string, say: Say): Promise<() => void> {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, 'run.json');
  const earlier = readClaim(file);
  if (earlier !== undefined && isAlive(earlier.supervisor)) {
    const pid = earlier.supervisor.split('@')[0];
    throw new BringUpError(`${stateDir} is in use by a running system (pid ${pid}).`);
  }
  if (earlier !== undefined) {
    const left = await sweep({ RIZOMA_RUN_ID: earlier.runId });
    if (left.length > 0) say(`An earlier start was cut off: ended its ${left.length} processes.`);
  }
  const supervisor = processIdentity(process.pid) ?? '';
  writePrivately(file, `${JSON.stringify({ runId, supervisor })}\n`);
  return () => rmSync(file, { force: true });
}

function readClaim(file: string): v.InferOutput<typeof Claim> | undefined {
  try {
    const result = v.safeParse(Claim, JSON.parse(readFileSync(file, 'utf8')));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
