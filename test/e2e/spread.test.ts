import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { launchChromium } from '../support/chromium.ts';
import { perErizo } from '../support/counters.ts';
import { demoToken } from '../support/sdk-page.ts';
import { startTestSystem } from '../support/system.ts';
import type {} from './licode-in-page.ts';

/** One stream with more viewers than one process carries, where it carries three, on a host with three. */

const region = 'eu-west';
const patience = { timeout: 30_000, interval: 250 };
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;
let script: string;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(9, {
    regions: [region],
    prerunProcesses: 1,
    maxProcesses: 3,
    env: { RIZOMA_CONSUMERS_PER_ERIZO: '6' },
  }));
  browser = await launchChromium();
  const bundle = await build({
    entryPoints: [new URL('licode-in-page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    write: false,
  });
  script = bundle.outputFiles[0]?.text ?? '';
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

async function join(name: string): Promise<Page> {
  const token = await demoToken(system.edgeUrl, { room: 'spread', name, region });
  const page = await browser.newPage();
  await page.goto(`${system.edgeUrl}/healthz`);
  await page.addScriptTag({ content: script });
  await page.evaluate(async (text) => {
    window.licode = await window.LicodePage.connect(text, {});
  }, token);
  return page;
}

const watch = (page: Page, id: string): Promise<void> =>
  page.evaluate((stream) => window.licode.subscribe(stream), id);

it('has a stream watched from three processes, each of which it reaches once, until all are full', async () => {
  const publisher = await join('publisher');
  const id = await publisher.evaluate(() => window.licode.publish({}));
  const viewers: Page[] = [];
  for (let index = 0; index < 9; index += 1) {
    const viewer = await join(`viewer ${index}`);
    await watch(viewer, id);
    viewers.push(viewer);
  }
  await Promise.all(
    viewers.map((page) => page.evaluate((stream) => window.licode.goesOn(stream, 10), id)),
  );

  const [clients, feeds, pulls, pipes] = await Promise.all(
    ['clients', 'feeds', 'pulls', 'pipe_transports'].map((name) => perErizo(system, region, name)),
  );
  expect([...(clients?.values() ?? [])].toSorted()).toEqual([3, 3, 4]);
  const origin = [...(clients ?? [])].find(([, count]) => count === 4)?.[0] ?? '';
  expect([...(feeds ?? [])].filter(([, count]) => count > 0)).toEqual([[origin, 2]]);
  expect(pipes?.get(origin)).toBe(2);
  const others = [...(clients?.keys() ?? [])].filter((erizoId) => erizoId !== origin);
  expect(others.map((erizoId) => pulls?.get(erizoId))).toEqual([1, 1]);

  const late = await join('too late');
  await expect(watch(late, id)).rejects.toThrow('overloaded: all 3 ErizoJS processes');
  await viewers[5]?.evaluate(() => window.licode.disconnect());
  await vi.waitFor(() => watch(late, id), patience);
  await late.evaluate((stream) => window.licode.goesOn(stream, 10), id);
  const after = await perErizo(system, region, 'clients');
  expect([...after.values()].toSorted()).toEqual([3, 3, 4]);
});
