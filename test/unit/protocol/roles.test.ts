import { expect, test } from 'vitest';
import { mayDo } from '../../../protocol/roles.ts';

test('a presenter may do everything and a viewer only subscribe', () => {
  expect(mayDo('presenter', 'publish', { audio: true, video: true })).toBe(true);
  expect(mayDo('viewer', 'subscribe')).toBe(true);
  expect(mayDo('viewer', 'publish', { audio: true })).toBe(false);
});

test('a viewer with data may publish data and nothing that is heard or seen', () => {
  expect(mayDo('viewerWithData', 'publish', { audio: false, video: false, data: true })).toBe(true);
  expect(mayDo('viewerWithData', 'publish', { data: true, video: { width: 640 } })).toBe(false);
});

test('a role that does not exist may nothing, whatever its name', () => {
  for (const name of ['admin', '__proto__', 'constructor', 'toString']) {
    expect(mayDo(name, 'subscribe')).toBe(false);
  }
});
