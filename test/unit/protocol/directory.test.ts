import * as v from 'valibot';
import { expect, test } from 'vitest';
import type { Directory, RoomErizo } from '../../../protocol/directory.ts';
import { applyChange, emptyDirectory, Endpoint } from '../../../protocol/directory.ts';

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

test('an endpoint is an IPv4 address and a port that can be dialled', () => {
  for (const good of ['tcp://10.0.0.1:1', 'tcp://255.249.199.0:65535', 'tcp://0.0.0.0:6553']) {
    expect(v.is(Endpoint, good)).toBe(true);
  }
  for (const bad of [
    ...['tcp://-:5', 'tcp://a-name:5', 'tcp://[::1]:5', 'tcp://10.0.0.256:5', 'tcp://10.0.0:5'],
    ...['tcp://010.0.0.1:5', 'tcp://10.0.0.1:0', 'tcp://10.0.0.1:65536', 'tcp://10.0.0.1:05'],
    ...['tcp://10.0.0.1', 'ipc://10.0.0.1:5', 'tcp://10.0.0.1:5/x', 'tcp://10.0.0.1:5\n'],
  ]) {
    expect(v.is(Endpoint, bad)).toBe(false);
  }
});
