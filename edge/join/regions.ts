import type { RegionsAnswer } from '../../protocol/contracts/rest.ts';
import type { EdgeContext } from '../app.ts';
import { meshPicturesOf } from '../objects/mesh-of-isolate.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import { regionsAnswer } from '../placement/snapshot.ts';

let known: { picture: MeshPicture; answer: RegionsAnswer } | undefined;

/** `GET /regions`: where there are nodes. Anybody may ask, so Mesh is asked no more often than for placements. */
export async function getRegions(context: EdgeContext): Promise<Response> {
  const picture = await meshPicturesOf(context.env).recent();
  if (known?.picture !== picture) {
    known = { picture, answer: regionsAnswer(picture) };
  }
  return context.json(known.answer);
}
