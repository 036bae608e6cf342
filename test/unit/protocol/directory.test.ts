import { expect, test } from 'vitest';
import type { Directory, RoomErizo } from '../../../protocol/directory.ts';
import { applyChange, emptyDirectory } from '../../../protocol/directory.ts';

const erizo: RoomErizo = {
  erizoId: '00000000-0000-4000-8000-000000000001',
  nodeId: 'eu-west-1',
  region: 'eu-west',
  endpoint: 'tcp://10.0.0.1:4000',
  since: 1,
};
const none = { put: [], removed: [] };

test('a change for the version that is held leads to the next one', () => {
  const first = applyChange(emptyDirectory, {
    from: 0,
    version: 1,
    erizos: { put: [erizo], removed: [] },
    streams: none,
  });
  expect(first).toEqual({ version: 1, erizos: [erizo], streams: [] });
  const second = applyChange(first as Directory, {
    from: 1,
    version: 2,
    erizos: { put: [], removed: [erizo.erizoId] },
    streams: none,
  });
  expect(second).toEqual({ version: 2, erizos: [], streams: [] });
});

test('routes stay until a change brings them anew', () => {
  const routes = [{ origin: 'eu-west', parents: { 'us-east': 'eu-west' } }];
  const change = { erizos: none, streams: none };
  const first = applyChange(emptyDirectory, { from: 0, version: 1, ...change, routes });
  expect(first?.routes).toEqual(routes);
  const second = applyChange(first as Directory, { from: 1, version: 2, ...change });
  expect(second?.routes).toEqual(routes);
  const third = applyChange(second as Directory, { from: 2, version: 3, ...change, routes: [] });
  expect(third?.routes).toEqual([]);
});

test('a change for another version is not applied', () => {
  expect(
    applyChange(emptyDirectory, { from: 3, version: 4, erizos: none, streams: none }),
  ).toBeUndefined();
});
