import { workerClock } from '../worker-clock.ts';
import { ExplainRequest } from '../../protocol/contracts/placements.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { meshPicturesOf } from '../objects/mesh-of-isolate.ts';
import { MeshView } from '../objects/mesh-view.ts';
import { valueOf } from '../objects/outcome.ts';
import { roomOf } from '../objects/stubs.ts';
import { placeOfRequest } from '../origin.ts';
import { wishOf } from './token-wish.ts';

/**
 * `POST /placements/explain`: where a participant would be placed now, and why nowhere else. With a room
 * as that room sees it, who holds it and who is on the way; else as a new room would. Nothing follows.
 */
export async function postExplain(context: EdgeContext): Promise<Response> {
  const { room, ...body } = await bodyOf(context, ExplainRequest);
  const { pin, location } = wishOf(body);
  const request = { pin, place: location ?? placeOfRequest(context) };
  const { env } = context;
  if (room !== undefined) {
    return context.json(await valueOf(roomOf(env, room).explain(request)));
  }
  const view = new MeshView(
    { pictures: meshPicturesOf(env), clock: workerClock, random: () => Math.random() },
    { policy: context.get('config').placement },
  );
  return context.json(await view.explain(request));
}
