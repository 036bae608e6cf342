import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { metricsToken } from '../support/counters.ts';
import { unlimited } from '../support/unlimited.ts';
import { WanSystem } from './system.ts';
import type { WanSystemOptions } from './system.ts';

/** All regions of the matrix unless some are named. */
export type TestMeshOptions = Omit<WanSystemOptions, 'regions'> &
  Partial<Pick<WanSystemOptions, 'regions'>>;

/** A whole system on a WAN for tests. */
export async function startTestMesh(
  options: TestMeshOptions,
): Promise<{ mesh: WanSystem; stop(): Promise<void> }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'rizoma-mesh-'));
  const mesh = await WanSystem.create({
    regions: options.matrix.regions,
    edgeVars: unlimited,
    stateDir,
    say: () => undefined,
    ...options,
    env: { RIZOMA_METRICS_TOKEN: metricsToken, ...options.env },
  });
  return {
    mesh,
    async stop() {
      await mesh.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
