import * as v from 'valibot';
import { PatchRoomRequest, PutRoomRequest } from '../../protocol/contracts/rest.ts';
import { RoomId } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { jsonAnswer } from '../answer-headers.ts';
import { bodyOf } from '../body.ts';
import { valueOf } from '../objects/outcome.ts';
import { roomOf, serviceOf } from '../objects/stubs.ts';
import type { RoomChange } from '../room/settings.ts';
import { isNameless, settingsOf } from './room-body.ts';
import { placeOfRegions } from './room-regions.ts';

/** `GET /rooms/:room`: as its service knows it, which saves a call. */
export async function getRoom(context: EdgeContext): Promise<Response> {
  const known = context.get('room');
  if (known !== undefined) {
    return jsonAnswer(context, known);
  }
  return context.json(await valueOf(roomOf(context.env, roomIdOf(context)).get()));
}

/** `PUT /rooms/:room`: a name, and the options that are given; as with Licode the others stay. */
export async function putRoom(context: EdgeContext): Promise<Response> {
  const body = await bodyOf(context, v.unknown());
  if (isNameless(body)) {
    return context.text('Invalid room', 400);
  }
  const { name, options } = parse(PutRoomRequest, body, 'body');
  return await change(context, { how: 'put', name, ...settingsOf(options) });
}

/** `PATCH /rooms/:room`: what is given, and of the data the fields that are given. */
export async function patchRoom(context: EdgeContext): Promise<Response> {
  const { name, options } = await bodyOf(context, PatchRoomRequest);
  const wanted = name === '' ? undefined : name;
  return await change(context, { how: 'patch', name: wanted, ...settingsOf(options) });
}

/** `DELETE /rooms/:room`: whoever is in it is disconnected. */
export async function deleteRoom(context: EdgeContext): Promise<Response> {
  const service = serviceOf(context.env, context.get('signer').serviceId);
  await valueOf(service.deleteRoom(roomIdOf(context), traceOf(context)));
  return context.text('Room deleted');
}

async function change(context: EdgeContext, wanted: RoomChange): Promise<Response> {
  const service = serviceOf(context.env, context.get('signer').serviceId);
  const { how, name, p2p, data, mediaConfiguration, regions, jurisdiction } = wanted;
  await placeOfRegions(context.env, regions);
  const settings = { p2p, data, mediaConfiguration, regions, jurisdiction };
  const request = { roomId: roomIdOf(context), change: { how, name, ...settings } };
  await valueOf(service.changeRoom(request, traceOf(context)));
  return context.text('Room Updated');
}

/** The room in the path; `ownRoom` has let pass only those that there are. */
export function roomIdOf(context: EdgeContext): string {
  return parse(RoomId, context.req.param('room'), 'room');
}
