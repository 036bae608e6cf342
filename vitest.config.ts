import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { testBindings } from './test/edge/bindings.ts';
import { receive } from './test/edge/receiver.ts';

/**
 * Pure parts, the edge in workerd, real nodes, and real browsers: in `stories` each flow once, in `browsers` and,
 * on a WAN of this machine, in `wan` all else.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
    // A whole system stops in order at the end, which takes a busy machine longer than the usual 10 s.
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          // Thousands of random cases take a machine with much to do longer than the usual 5 s.
          testTimeout: 30_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            // What the edge fetches comes to the receiver of webhooks.
            miniflare: { bindings: testBindings(), outboundService: receive },
          }),
        ],
        test: {
          name: 'edge',
          include: ['test/edge/**/*.test.ts'],
          globalSetup: ['test/support/build-client.ts'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'nodes',
          include: ['test/nodes/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      ...[
        { name: 'stories', groupOrder: 1 },
        { name: 'browsers', groupOrder: 2 },
      ].map(({ name, groupOrder }) => ({
        test: {
          name,
          include: [`test/${name}/**/*.test.ts`],
          globalSetup: ['test/support/stage/setup.ts'],
          // Each worker has regions of its own in the system that its files share.
          maxWorkers: 2,
          sequence: { groupOrder },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      })),
      {
        test: {
          name: 'wan',
          include: ['test/wan/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
