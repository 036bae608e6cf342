import type { Page } from 'playwright-core';
import { expect, it, vi } from 'vitest';
import { perErizo } from '../support/counters.ts';
import { licodeSuite } from '../support/licode-suite.ts';
import { demoToken } from '../support/sdk-page.ts';

/** One stream with more viewers than one process carries, where it carries two, on a host with three. */

const region = 'eu-west';
const patience = { timeout: 30_000, interval: 250 };
const suite = licodeSuite(9, {
  regions: [region],
  prerunProcesses: 1,
  maxProcesses: 3,
  env: { RIZOMA_CONSUMERS_PER_ERIZO: '4' },
});

/** Those of the room share a page, as each page costs a browser more than they do. */
async function join(page: Page, name: string): Promise<number> {
  const token = await demoToken(suite.system.edgeUrl, { room: 'spread', name, region });
  return page.evaluate(async (text) => {
    window.licodes.push(await window.LicodePage.connect(text, {}));
    return window.licodes.length - 1;
  }, token);
}

const watch = (page: Page, who: number, id: string): Promise<void> =>
  page.evaluate(([index, stream]) => window.licodes[index]?.subscribe(stream), [who, id] as const);

const goesOn = (page: Page, who: number, id: string): Promise<void> =>
  page.evaluate(([index, stream]) => window.licodes[index]?.goesOn(stream, 10), [who, id] as const);

const sorted = (counts: ReadonlyMap<string, number> | undefined): number[] =>
  [...(counts?.values() ?? [])].toSorted((a, b) => a - b);

it('has a stream watched from three processes, each of which it reaches once, until all are full', async () => {
  const { system } = suite;
  const page = await suite.openPage();
  const publisher = await join(page, 'publisher');
  const id = await page.evaluate((index) => window.licodes[index]?.publish({}) ?? '', publisher);
  const viewers: number[] = [];
  for (let index = 0; index < 6; index += 1) {
    const viewer = await join(page, `viewer ${index}`);
    await watch(page, viewer, id);
    viewers.push(viewer);
  }
  await Promise.all(viewers.map((viewer) => goesOn(page, viewer, id)));

  const [clients, feeds, pulls, pipes] = await Promise.all(
    ['clients', 'feeds', 'pulls', 'pipe_transports'].map((name) => perErizo(system, region, name)),
  );
  expect(sorted(clients)).toEqual([2, 2, 3]);
  const origin = [...(clients ?? [])].find(([, count]) => count === 3)?.[0] ?? '';
  expect([...(feeds ?? [])].filter(([, count]) => count > 0)).toEqual([[origin, 2]]);
  expect(pipes?.get(origin)).toBe(2);
  const others = [...(clients?.keys() ?? [])].filter((erizoId) => erizoId !== origin);
  expect(others.map((erizoId) => pulls?.get(erizoId))).toEqual([1, 1]);

  const late = await join(page, 'too late');
  await expect(watch(page, late, id)).rejects.toThrow('overloaded: all 3 ErizoJS processes');
  await page.evaluate((index) => window.licodes[index]?.disconnect(), viewers[4] ?? 0);
  await vi.waitFor(() => watch(page, late, id), patience);
  await goesOn(page, late, id);
  const after = await perErizo(system, region, 'clients');
  expect(sorted(after)).toEqual([2, 2, 3]);
});
