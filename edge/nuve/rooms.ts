import * as v from 'valibot';
import { CreateRoomRequest } from '../../protocol/contracts/rest.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import type { Bindings } from '../objects/stubs.ts';
import { roomOf, serviceOf } from '../objects/stubs.ts';
import { valueOf } from '../objects/outcome.ts';

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
  const serviceId = context.get('mauth').serviceid;
  const room = await makeRoom(context.env, serviceId, { name, options });
  return context.json(room);
}

/** Indexes the room at its service and makes it. Where the second fails, `getOrCreate` mends it. */
export async function makeRoom(
  env: Bindings,
  serviceId: string,
  request: { name: string; options: Record<string, unknown> },
): Promise<RoomAnswer> {
  const { name } = request;
  const { p2p, getOrCreate, data, mediaConfiguration } = v.parse(RoomOptions, request.options);
  const roomId = await valueOf(
    serviceOf(env, serviceId).indexRoom({ serviceId, name, getOrCreate }),
  );
  return await valueOf(
    roomOf(env, roomId).create({
      name,
      _id: roomId,
      ...(p2p ? { p2p } : {}),
      ...(data === undefined ? {} : { data }),
      ...(mediaConfiguration === undefined ? {} : { mediaConfiguration }),
    }),
  );
}
