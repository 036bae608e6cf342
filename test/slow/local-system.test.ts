import { expect, it, vi } from 'vitest';
import { edgeMark } from '../../infra/local/commands.ts';
import { processesWithEnv } from '../../infra/proc.ts';
import { startTestSystem } from '../support/system.ts';

it('a local system whose edge lost its runtime, and not its wrangler, answers again by itself', async () => {
  const { system, stop } = await startTestSystem({ regions: ['eu-west'] });
  try {
    const { edgePid } = system;
    const runtimes = processesWithEnv(edgeMark(system.runId)).filter(
      ({ pid, command }) => pid !== edgePid && command.includes('workerd serve'),
    );
    expect(runtimes.length).toBeGreaterThan(0);
    for (const { pid } of runtimes) {
      process.kill(pid, 'SIGKILL');
    }
    await vi.waitFor(
      async () => {
        expect(system.edgePid).not.toBe(edgePid);
        expect((await fetch(`${system.edgeUrl}/healthz`)).status).toBe(200);
        expect([...(await system.regionStates()).keys()]).toEqual(['eu-west']);
      },
      { timeout: 120_000, interval: 500 },
    );
  } finally {
    await stop();
  }
});
