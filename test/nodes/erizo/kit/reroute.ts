import type { Route } from '../../../../protocol/cascade-tree.ts';
import { grantOf, roomId } from './grants.ts';
import { TestController } from './test-controller.ts';
import type { TestErizo } from './test-erizo.ts';

/** Has the process pull the stream another way; resolves when it comes by that, and rejects where it stays. */
export async function reroute(erizo: TestErizo, streamId: string, route: Route): Promise<null> {
  const { peer } = TestController.dial(erizo);
  const answer = peer.call('reroute', { roomId, streamId, route, grant: await grantOf() });
  return await answer.finally(() => peer.close());
}
