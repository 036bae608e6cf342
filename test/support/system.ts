import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LocalOptions, LocalSystem } from '../../infra/local.ts';
import { startLocal } from '../../infra/local.ts';
import { place } from './place.ts';
import type { TestPlace } from './place.ts';

/** What tests look at of a system that they did not start themselves. */
export type TestSystem = Pick<LocalSystem, 'edgeUrl' | 'secrets' | 'stateDir' | 'nodes'>;

/**
 * A whole system of a test file's own, at the addresses of the worker that runs the file. Its start takes
 * seconds: files whose tests can do without share one (`Stage.shared()`).
 */
export async function startTestSystem(
  options: LocalOptions = {},
  at: TestPlace = place,
): Promise<{ system: LocalSystem; stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-system-'));
  const remove = (): void => rmSync(stateDir, { recursive: true, force: true });
  try {
    const system = await startLocal({
      edgePort: at.edgePort,
      addressBase: at.addressBase,
      stateDir,
      say: () => undefined,
      ...options,
    });
    return {
      system,
      async stop() {
        await system.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
