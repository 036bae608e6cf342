import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { adoptErizo } from '../../../nodes/agent/adopted-process.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const children: ChildProcess[] = [];

/** A process that waits, with an id as an ErizoJS process has it. */
async function startProcess(erizoId: string): Promise<ChildProcess> {
  const script = 'process.stdin.resume(); console.log("up")';
  const child = spawn(process.execPath, ['-e', script], {
    detached: true,
    env: { RIZOMA_ERIZO_ID: erizoId },
  });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

function adopt(erizoId: string, pid: number | undefined) {
  const clock = new VirtualClock();
  const exits: string[] = [];
  const adopted = adoptErizo(
    { clock },
    { erizoId, pid: pid ?? 0, onExit: (how) => exits.push(how) },
  );
  return { clock, exits, adopted };
}

afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
});

describe('an ErizoJS process that an earlier agent started', () => {
  it('is not taken for dead while it lives, and its exit is noticed within half a second, once', async () => {
    const erizoId = newUuid();
    const child = await startProcess(erizoId);
    const { clock, exits } = adopt(erizoId, child.pid);
    clock.advance(10_000);
    expect(exits).toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    clock.advance(500);
    clock.advance(10_000);
    expect(exits).toEqual(['its process is gone']);
  });

  it.each([
    ['terminate', 'SIGTERM'],
    ['kill', 'SIGKILL'],
  ] as const)('is ended by %s', async (what, signal) => {
    const erizoId = newUuid();
    const child = await startProcess(erizoId);
    adopt(erizoId, child.pid).adopted[what]();
    const [, by] = await once(child, 'exit');
    expect(by).toBe(signal);
  });

  it('is gone where another process has its pid now, which is left alone', async () => {
    const child = await startProcess(newUuid());
    const { clock, exits, adopted } = adopt(newUuid(), child.pid);
    adopted.kill();
    adopted.terminate();
    clock.advance(500);
    expect(exits).toHaveLength(1);
    // It still reads what it is given, and ends by itself when there is no more.
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('is watched no longer once it was released', async () => {
    const erizoId = newUuid();
    const child = await startProcess(erizoId);
    const { clock, exits, adopted } = adopt(erizoId, child.pid);
    adopted.release();
    child.kill('SIGKILL');
    await once(child, 'exit');
    clock.advance(10_000);
    expect(exits).toEqual([]);
  });
});
