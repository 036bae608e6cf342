import * as v from 'valibot';
import { CreateRoomRequest } from '../../protocol/contracts/rest.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { makeRoom } from '../objects/make.ts';
import { pinOf } from '../room/settings.ts';
import { jsonResponse } from './json-stream.ts';
import { isNameless, settingsOf } from './room-body.ts';
import { roomsText } from './service-text.ts';

/** `POST /rooms`: the room, a new one unless `getOrCreate` finds one of its name. */
export async function postRoom(context: EdgeContext): Promise<Response> {
  const body = await bodyOf(context, v.unknown());
  if (isNameless(body)) {
    return context.text('Invalid room', 400);
  }
  const { name, options } = parse(CreateRoomRequest, body, 'body');
  const { p2p, getOrCreate, data, mediaConfiguration, regions, jurisdiction } = settingsOf(options);
  const room = await makeRoom(context.env, {
    serviceId: context.get('signer').serviceId,
    getOrCreate,
    room: {
      name,
      ...(p2p === true ? { p2p } : {}),
      ...(data === undefined ? {} : { data }),
      ...(mediaConfiguration === undefined ? {} : { mediaConfiguration }),
      ...pinOf(regions, jurisdiction),
    },
  });
  return context.json(room);
}

/** `GET /rooms`: all rooms of the service, the oldest first. */
export async function getRooms(context: EdgeContext): Promise<Response> {
  return await jsonResponse(roomsText(context.env, context.get('signer').serviceId));
}
