import { expect, test, vi } from 'vitest';
import { perErizo } from '../support/counters.ts';
import { patience } from '../support/eventually.ts';
import type { BrowserPage } from '../support/page/browser-page.ts';
import { LicodeParticipant } from '../support/page/licode-participant.ts';
import { Stage } from '../support/stage/stage.ts';
import { demoToken } from '../support/tokens.ts';

/** One stream with more viewers than one process carries, where it carries two, on a host with three. */

const region = 'eu-west';
const stage = Stage.own({
  regions: [region],
  prerunProcesses: 1,
  maxProcesses: 3,
  env: { RIZOMA_CONSUMERS_PER_ERIZO: '4' },
});

/** All of the room share a page, as each page costs a browser more than they do. */
async function join(page: BrowserPage, name: string): Promise<LicodeParticipant> {
  const { system, room } = stage;
  const token = await demoToken(system.edgeUrl, { room, name, region });
  return await LicodeParticipant.connect(page, token);
}

const sorted = (counts: ReadonlyMap<string, number> | undefined): number[] =>
  [...(counts?.values() ?? [])].toSorted((a, b) => a - b);

test('a stream is watched from three processes, each of which it reaches once, until all are full', async () => {
  const { system } = stage;
  const page = await LicodeParticipant.openPage(await stage.openPage('all'), system.edgeUrl);
  const publisher = await join(page, 'publisher');
  const id = await publisher.publish({});
  const viewers: LicodeParticipant[] = [];
  for (let index = 0; index < 6; index += 1) {
    const viewer = await join(page, `viewer ${index}`);
    await viewer.subscribe(id);
    viewers.push(viewer);
  }
  await Promise.all(viewers.map((viewer) => viewer.goesOn(id)));

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
  await expect(late.subscribe(id)).rejects.toThrow('overloaded: all 3 ErizoJS processes');
  await viewers[4]?.disconnect();
  await vi.waitFor(() => late.subscribe(id), patience);
  await late.goesOn(id);
  expect(sorted(await perErizo(system, region, 'clients'))).toEqual([2, 2, 3]);
});
