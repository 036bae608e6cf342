import * as v from 'valibot';
import { CreateRoomRequest } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Jurisdiction } from '../../protocol/ids.ts';
import { parse } from '../../protocol/parse.ts';
import type { EdgeContext } from '../app.ts';
import { traceOf } from '../access-log.ts';
import { bodyOf } from '../body.ts';
import { makeRoom } from '../objects/make.ts';
import { placeOfRequest } from '../origin.ts';
import { pinOf } from '../room/settings.ts';
import { jsonResponse } from './json-stream.ts';
import { isNameless, settingsOf } from './room-body.ts';
import { placeOfRegions } from './room-regions.ts';
import { roomsText } from './service-text.ts';

/** Licode's name of the room that a service has for tests. */
const testRoomName = 'testRoom';

/** `POST /rooms`: the room, a new one unless `getOrCreate` or `test` finds one. */
export async function postRoom(context: EdgeContext): Promise<Response> {
  const body = await bodyOf(context, v.unknown());
  if (isNameless(body)) {
    return context.text('Invalid room', 400);
  }
  const { name, options } = parse(CreateRoomRequest, body, 'body');
  const { p2p, getOrCreate, test, data, mediaConfiguration, regions, jurisdiction } =
    settingsOf(options);
  demandOffered(jurisdiction, context.get('config').jurisdictions);
  const pin = pinOf(regions, jurisdiction);
  const near = (await placeOfRegions(context.env, regions)) ?? placeOfRequest(context);
  const parts = { env: context.env, trace: traceOf(context) };
  const room = await makeRoom(parts, {
    serviceId: context.get('signer').serviceId,
    getOrCreate,
    near,
    room: {
      name: test ? testRoomName : name,
      ...(p2p === true ? { p2p } : {}),
      ...(data === undefined ? {} : { data }),
      ...(mediaConfiguration === undefined ? {} : { mediaConfiguration }),
      ...pin,
      ...(test ? { test } : {}),
    },
  });
  context.set('made', { roomId: room._id });
  return context.json(room);
}

/** `GET /rooms`: all rooms of the service, the oldest first. */
export async function getRooms(context: EdgeContext): Promise<Response> {
  return await jsonResponse(roomsText(context.env, context.get('signer').serviceId));
}

function demandOffered(
  jurisdiction: Jurisdiction | undefined,
  offered: readonly Jurisdiction[],
): void {
  if (jurisdiction !== undefined && !offered.includes(jurisdiction)) {
    throw new RizomaError(
      'jurisdiction_unknown',
      `this deployment keeps no rooms in ${jurisdiction}; it offers: ${offered.join(', ') || 'none'} ` +
        '(RIZOMA_JURISDICTIONS)',
      { details: { jurisdiction, offered: [...offered] } },
    );
  }
}
