import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unlimited } from '../support/unlimited.ts';
import { WanSystem } from './system.ts';
import type { WanSystemOptions } from './system.ts';

/** A whole system on a WAN for tests: all regions of the matrix unless some are named. */
export async function startTestMesh(
  options: Omit<WanSystemOptions, 'regions'> & Partial<Pick<WanSystemOptions, 'regions'>>,
): Promise<{ mesh: WanSystem; stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-mesh-'));
  const mesh = await WanSystem.create({
    regions: options.matrix.regions,
    edgeVars: unlimited,
    stateDir,
    say: () => undefined,
    ...options,
  });
  return {
    mesh,
    async stop() {
      await mesh.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
