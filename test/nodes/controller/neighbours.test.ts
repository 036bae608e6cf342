import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { Neighbours } from '../../../nodes/controller/neighbours.ts';
import type { StreamUnderGrant } from '../../../nodes/controller/neighbours.ts';
import { newCurveKeyPair } from '../../../nodes/link/zmq-curve.ts';
import { systemClock } from '../../../protocol/clock.ts';
import { newHexId, newStreamId } from '../../../protocol/ids.ts';
import type { TestSockets } from '../../support/zmq.ts';
import { memberKey, twoMembers } from '../../support/zmq.ts';

const clock = systemClock;
const log = pino({ level: 'silent' });

async function neighboursOf({ zmq }: TestSockets, controllerId: string): Promise<Neighbours> {
  const options = { controllerId, ip: '127.0.0.1' };
  const neighbours = await Neighbours.create({ clock, log, zmq }, options);
  onTestFinished(() => neighbours.close());
  return neighbours;
}

/** Two controllers that know each other, and a third node of which only a card and a key came. */
async function setUp() {
  const [here, there] = await twoMembers();
  onTestFinished(() => [here, there].forEach((sockets) => sockets.close()));
  const third = memberKey({ nodeId: 'us-east-2', region: 'us-east' }, newCurveKeyPair());
  here.keyring.replace([there.member, third]);
  const mine = await neighboursOf(here, 'eu-west-1/1');
  const theirs = await neighboursOf(there, 'us-east-1/1');
  const heard = Promise.withResolvers<unknown>();
  const listener = {
    watched: () => Promise.resolve(),
    data: (_roomId: string, _streamId: string, msg: unknown) => heard.resolve(msg),
    p2pToPublisher: () => undefined,
    p2pToSubscriber: () => undefined,
    shared: () => Promise.resolve(),
    callerLost: () => undefined,
  };
  mine.listen(listener);
  theirs.listen(listener);
  const stream: StreamUnderGrant = {
    ...{ roomId: newHexId(), streamId: newStreamId() },
    grant: () => 'a grant',
  };
  return { mine, theirs, stream, heard: heard.promise };
}

it('a controller is heard though another node names its endpoint as its own', async () => {
  const { mine, theirs, stream, heard } = await setUp();
  const { endpoint } = theirs;
  void mine.watch({ nodeId: 'us-east-2', endpoint }, { ...stream, streamId: newStreamId() });
  await mine.watch({ nodeId: 'us-east-1', endpoint }, stream);
  expect(theirs.watchers).toBe(1);
  theirs.data(stream, 'hello');
  expect(await heard).toBe('hello');
});

it('what is published at a controller that cannot be dialled is watched in vain, and nothing fails', async () => {
  const { mine, stream } = await setUp();
  await expect(
    mine.watch({ nodeId: 'us-east-2', endpoint: 'tcp://-:5' }, stream),
  ).resolves.toBeUndefined();
});
