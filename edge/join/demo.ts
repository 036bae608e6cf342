import { DemoTokenRequest } from '../../protocol/contracts/rest.ts';
import type { EdgeContext } from '../app.ts';
import { bodyOf } from '../body.ts';
import { makeRoom } from '../nuve/rooms.ts';
import { makeToken } from '../nuve/tokens.ts';
import { placeOfRequest } from '../origin.ts';

/** `POST /demo/token`: a presenter's token for a room by its name, for whoever asks. */
export async function postDemoToken(context: EdgeContext): Promise<Response> {
  if (!context.get('config').demo) {
    return await context.notFound();
  }
  const { room: roomName, name: userName, region } = await bodyOf(context, DemoTokenRequest);
  const { superservice } = context.get('config');
  const options = { getOrCreate: true };
  const room = await makeRoom(context.env, superservice.id, { name: roomName, options });
  const token = await makeToken(context, room._id, {
    userName,
    role: 'presenter',
    pin: region === undefined ? {} : { allow: [region] },
    location: undefined,
    caller: placeOfRequest(context),
  });
  return context.json({ token });
}
