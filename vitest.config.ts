import { availableParallelism } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './infra/testing/sequencer.ts';
import { testBindings } from './test/edge/bindings.ts';
import { receive } from './test/edge/receiver.ts';
import { fuzzRequests, fuzzSeed } from './test/support/fuzz/amount.ts';

/** Browsers encode and decode video: two files at a time keep two cores busy. Each has regions of its own in the shared system. */
const browsersAtOnce = 2;

/**
 * Test files wait for processes more than they compute: more of them run at a time than there are cores, unless
 * Chromium takes the place of the headless endpoint in them.
 */
const sideBySide =
  process.env['RIZOMA_TEST_ENDPOINT'] === 'chromium'
    ? browsersAtOnce
    : Math.min(8, availableParallelism() + 2);

const minute_ms = 60_000;

/**
 * The projects, by what their tests run on; infra/testing/parts.ts says which of them `npm test` and each
 * part of `npm run test:long` run. Groups run one after another, the files of a group side by side.
 */
export default defineConfig({
  test: {
    silent: 'passed-only',
    // A hang ends here; a test that only waits for a busy machine does not.
    testTimeout: 2 * minute_ms,
    hookTimeout: 3 * minute_ms,
    sequence: { sequencer: LongestFirst },
    // A whole system stops in order at the end, which takes a busy machine longer than the usual 10 s.
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'checks',
          include: ['test/checks/**/*.test.ts'],
          maxWorkers: sideBySide,
        },
      },
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          // Pure parts share a process: to load them once takes 40 % less. What a test replaces is put back.
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
          unstubGlobals: true,
          maxWorkers: sideBySide,
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
          // Workers read no environment.
          provide: { fuzz: { requests: fuzzRequests, seed: fuzzSeed } },
          maxWorkers: sideBySide,
        },
      },
      {
        test: {
          name: 'nodes',
          include: ['test/nodes/**/*.test.ts'],
          maxWorkers: sideBySide,
        },
      },
      {
        test: {
          name: 'stories',
          include: ['test/stories/**/*.test.ts'],
          globalSetup: ['test/support/stage/setup.ts'],
          maxWorkers: browsersAtOnce,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'browsers',
          include: ['test/browsers/**/*.test.ts'],
          globalSetup: ['test/support/stage/setup.ts'],
          maxWorkers: browsersAtOnce,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'wan',
          include: ['test/wan/**/*.test.ts'],
          testTimeout: 5 * minute_ms,
          hookTimeout: 5 * minute_ms,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 10 * minute_ms,
          hookTimeout: 3 * minute_ms,
          maxWorkers: sideBySide,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
