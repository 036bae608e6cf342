import type { Browser } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import type { TestMeshOptions } from './test-mesh.ts';
import { startTestMesh } from './test-mesh.ts';

/** What tests of calls on a WAN have in common; all of it is there for as long as they run. */
export interface WanSuite {
  readonly mesh: WanSystem;
  /** One browser stands for people near each node: its ways to all of them are last miles. */
  readonly browser: Browser;
}

/** To be called once in the `describe` of tests that need it; what it answers is there once they run. */
export function wanSuite(options: TestMeshOptions & { lastMile_ms: number }): WanSuite {
  const regions = options.regions ?? options.matrix.regions;
  let stop: (() => Promise<void>) | undefined;
  let shared: { mesh: WanSystem; browser: Browser } | undefined;
  const there = (): { mesh: WanSystem; browser: Browser } => {
    if (shared === undefined) {
      throw new Error('the suite is there for tests, and what runs before each');
    }
    return shared;
  };
  beforeAll(async () => {
    const started = await startTestMesh({ prerunProcesses: 1, ...options });
    ({ stop } = started);
    const { mesh } = started;
    const { name, enter } = mesh.client(regions[0]?.id ?? '');
    for (const { id } of regions) {
      await mesh.wan.link(name, nodeHost(id), { rtt_ms: options.lastMile_ms });
    }
    const browser = await launchChromium({ enter, secureOrigin: mesh.system.edgeUrl });
    shared = { mesh, browser };
  });
  afterAll(async () => {
    await shared?.browser.close();
    await stop?.();
  });
  return {
    get mesh() {
      return there().mesh;
    },
    get browser() {
      return there().browser;
    },
  };
}
