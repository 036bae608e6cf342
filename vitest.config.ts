import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { testBindings } from './test/edge/bindings.ts';
import { receive } from './test/edge/receiver.ts';

/**
 * Kinds of test: pure parts, the edge in workerd, several real nodes, what waits for time-outs of production, and real
 * browsers, some of them on a WAN.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
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
      {
        // What waits for time-outs of production.
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browsers',
          include: ['test/browsers/**/*.test.ts', 'test/wan/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
