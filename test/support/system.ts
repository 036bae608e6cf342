import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalOptions, LocalSystem } from '../../infra/local.ts';
import { startLocal } from '../../infra/local.ts';

/**
 * A whole system for tests, on addresses and ports of its own, so that it can stand beside one that runs.
 * `slot` keeps the systems of two test files apart.
 */
export async function startTestSystem(
  slot: number,
  options: LocalOptions = {},
): Promise<{ system: LocalSystem; stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-system-'));
  const system = await startLocal({
    edgePort: 18_800 + slot,
    addressBase: 100 + slot,
    stateDir,
    say: () => undefined,
    ...options,
  });
  return {
    system,
    async stop() {
      await system.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
