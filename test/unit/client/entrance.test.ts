import { expect, it } from 'vitest';
import { Entrance } from '../../../client/sdk/entrance.ts';
import { connectedMessage, FakeControllerSocket } from '../../fakes/fake-controller-socket.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const { clientId, id: roomId } = connectedMessage;
const controllers = ['eu-west', 'us-east'].map((region, index) => ({
  ...{ host: `127.0.${index + 1}.1:8080`, secure: false, region, ticket: 'ticket' },
}));

/** The way into a room, with what was posted to the edge and the sockets of all controllers that took us. */
function setUp() {
  const sockets: FakeControllerSocket[] = [];
  const posted: unknown[] = [];
  const entrance = new Entrance(
    {
      clock: new VirtualClock(),
      fetch: (_url, init) => {
        posted.push(JSON.parse(typeof init?.body === 'string' ? init.body : ''));
        return Promise.resolve(Response.json({ clientId, roomId, controllers, reentry: 'proof' }));
      },
      openSocket: (url, query) => {
        const socket = new FakeControllerSocket(url, query, (opened) => {
          opened.up();
          opened.tell('connected', connectedMessage);
        });
        sockets.push(socket);
        return socket;
      },
    },
    { edge: 'https://edge.test', token: 'token', sound: undefined, strategy: undefined },
  );
  const again = async (): Promise<unknown> => {
    await entrance.again(() => true);
    return posted.at(-1);
  };
  return { entrance, sockets, again };
}

it('who comes again shows the newest stamp that its controller gave it, where it gave one', async () => {
  const { entrance, sockets, again } = setUp();
  await entrance.first();
  expect(await again()).toEqual({ reentry: 'proof' });
  const next = sockets.at(-1);
  next?.tell('onStamp', { stamp: 'first' });
  next?.tell('onStamp', { stamp: 'second' });
  next?.tell('onStamp', { stamp: 7 });
  expect(await again()).toEqual({ reentry: 'proof', stamp: 'second' });
});

it('a stamp of the controller that is left counts until the next one gives its own', async () => {
  const { entrance, sockets, again } = setUp();
  await entrance.first();
  sockets[0]?.tell('onStamp', { stamp: 'first' });
  await again();
  sockets[0]?.tell('onStamp', { stamp: 'of the old one' });
  expect(await again()).toMatchObject({ stamp: 'of the old one' });
  sockets[2]?.tell('onStamp', { stamp: 'of the new one' });
  sockets[0]?.tell('onStamp', { stamp: 'of the old one, late' });
  expect(await again()).toMatchObject({ stamp: 'of the new one' });
});
