import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Rizoma } from '../../../client/server/index.ts';
import { connect } from '../../../client/server/index.ts';
import type { LocalSystem } from '../../../infra/local.ts';
import { LicodeClient } from '../../fakes/licode-client.ts';
import { entranceBy } from '../../support/entrance.ts';
import { startTestSystem } from '../../support/system.ts';
import type { WebhookReceiver } from '../../support/webhook-receiver.ts';
import { startWebhookReceiver } from '../../support/webhook-receiver.ts';

let system: LocalSystem;
let stop: () => Promise<void>;
let receiver: WebhookReceiver;
let app: Rizoma;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  ({ system, stop } = await startTestSystem({
    regions: ['eu-west'],
    edgeVars: { RIZOMA_WEBHOOKS: 'any' },
  }));
  const { NUVE_SUPERSERVICE_ID: serviceId, NUVE_SUPERSERVICE_KEY: key } = system.secrets;
  app = connect({ url: system.edgeUrl, serviceId, key });
});

afterAll(async () => {
  await stop();
  await receiver.close();
});

async function join(roomId: string, name: string): Promise<LicodeClient> {
  const token = await app.tokens.create(roomId, { userName: name, role: 'presenter' });
  const { host, ticket } = await entranceBy(system.edgeUrl, token);
  return await LicodeClient.join(`ws://${host}`, { ticket });
}

it('an app hears of participants who come and go at a real node, over a failure of its own', async () => {
  const { secret = '' } = await app.webhooks.set({ url: receiver.url });
  receiver.secret = secret;
  receiver.failures = 1;
  const { _id: roomId } = await app.rooms.create({ name: 'told' });
  const ann = await join(roomId, 'ann');
  const bob = await join(roomId, 'bob');
  await receiver.until(3);
  await ann.ask('clientDisconnection', {});
  await bob.ask('clientDisconnection', {});
  await receiver.until(6);
  const said = receiver.events.map((event) =>
    'participant' in event ? `${event.event} ${event.participant.name}` : event.event,
  );
  expect(said.slice(0, 3)).toEqual([
    'room_started',
    'participant_joined ann',
    'participant_joined bob',
  ]);
  expect(said.slice(3).toSorted()).toEqual([
    'participant_left ann',
    'participant_left bob',
    'room_finished',
  ]);
  expect(said.at(-1)).toBe('room_finished');
  expect(receiver.events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(new Set(receiver.events.map(({ room }) => room._id))).toEqual(new Set([roomId]));
  expect(await app.webhooks.get()).toMatchObject({ dead: 0 });
});
