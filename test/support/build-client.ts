import { buildClient } from '../../infra/build-client.ts';

/** Sees that `rizoma/server` is built of the sources as they are, for tests that import the package. */
export async function setup(): Promise<void> {
  await buildClient();
}
