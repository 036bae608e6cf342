import { expect, it } from 'vitest';
import { withoutCheckout } from '../../../../infra/bench/run-bench.ts';

it('leaves out of the environment what belongs to one checkout', () => {
  const kept = { HOME: '/root', RIZOMA_CHROMIUM: '/usr/bin/chromium', npm_config_registry: 'r' };
  const dropped = {
    NODE_COMPILE_CACHE: '/cache',
    MALLOC_MMAP_THRESHOLD_: '1',
    RIZOMA_TEST_SLOT: '3',
    INIT_CWD: '/a',
    npm_config_local_prefix: '/a',
    npm_package_json: '/a/package.json',
    npm_lifecycle_event: 'bench',
  };
  const PATH = '/a/node_modules/.bin:/usr/bin:/node_modules/.bin:/bin';
  expect(withoutCheckout({ ...kept, ...dropped, PATH })).toEqual({
    ...kept,
    PATH: '/usr/bin:/bin',
  });
});
