import * as v from 'valibot';
import { CreateRoomRequest } from '../../protocol/contracts/rest.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { makeRoom } from '../objects/make.ts';

/** Anything but absence, `false` and nothing grants it; a form can only send the words. */
const flag = v.optional(
  v.pipe(
    v.unknown(),
    v.transform((value) => Boolean(value) && value !== 'false'),
  ),
  false,
);
const RoomOptions = v.object({
  p2p: flag,
  getOrCreate: flag,
  data: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
  mediaConfiguration: v.fallback(v.optional(v.string()), undefined),
});
const Nameless = v.object({ name: v.optional(v.literal('')) });

/** `POST /rooms`: the room, a new one unless `getOrCreate` finds one of its name. */
export async function postRoom(context: EdgeContext): Promise<Response> {
  const body = await bodyOf(context, v.unknown());
  if (v.is(Nameless, body)) {
    return context.text('Invalid room', 400);
  }
  const { name, options } = parse(CreateRoomRequest, body, 'body');
  const { p2p, getOrCreate, data, mediaConfiguration } = parse(RoomOptions, options, 'options');
  const room = await makeRoom(context.env, {
    serviceId: context.get('mauth').serviceid,
    getOrCreate,
    room: {
      name,
      ...(p2p ? { p2p } : {}),
      ...(data === undefined ? {} : { data }),
      ...(mediaConfiguration === undefined ? {} : { mediaConfiguration }),
    },
  });
  return context.json(room);
}
