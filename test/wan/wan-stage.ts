import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import { Stage } from '../support/stage/stage.ts';
import { nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import type { TestMeshOptions } from './test-mesh.ts';
import { startTestMesh } from './test-mesh.ts';

/** What tests of calls on a WAN run on: a system of the file's own, and a browser on one of its hosts. */
export interface WanStage {
  readonly mesh: WanSystem;
  readonly stage: Stage<LocalSystem>;
}

/** A camera of which several pages and nodes fit on a machine that also forwards every packet. */
export const wanCamera = { width: 160, height: 120, frameRate: 10 } as const;

/** To be called once in the `describe` of tests that need it; its mesh is there once they run. */
export function wanStage(options: TestMeshOptions & { lastMile_ms: number }): WanStage {
  const regions = options.regions ?? options.matrix.regions;
  let mesh: WanSystem | undefined;
  const stage = Stage.of(async () => {
    const started = await startTestMesh(options);
    try {
      ({ mesh } = started);
      // One browser stands for people near each node: its ways to all of them are last miles.
      const { name, enter } = mesh.client(regions[0]?.id ?? '');
      for (const { id } of regions) {
        await mesh.wan.link(name, nodeHost(id), { rtt_ms: options.lastMile_ms });
      }
      const { system } = mesh;
      const browser = await launchChromium({ enter, secureOrigin: system.edgeUrl });
      const stop = async (): Promise<void> => {
        await browser.close();
        await started.stop();
      };
      // Some tests cut regions off or end them for good: what is left there is theirs to look at.
      return { system, browser, regions: [], stop };
    } catch (error) {
      await started.stop();
      throw error;
    }
  });
  return {
    stage,
    get mesh() {
      if (mesh === undefined) {
        throw new Error('the WAN is there for tests, and for hooks that run before each');
      }
      return mesh;
    },
  };
}
