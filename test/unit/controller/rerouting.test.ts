import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../nodes/controller/defaults.ts';
import type { Erizo } from '../../../nodes/controller/erizos.ts';
import { RegionTrees } from '../../../nodes/controller/region-trees.ts';
import { Rerouting } from '../../../nodes/controller/rerouting.ts';
import { Streams } from '../../../nodes/controller/streams.ts';
import type { Directory, RoomErizo, RoomStream } from '../../../protocol/directory.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const here = { nodeId: 'eu-west-1', region: 'eu-west' };
const relay = { nodeId: 'eu-north-1', region: 'eu-north' };
const far = { nodeId: 'us-east-1', region: 'us-east' };
const media = { audio: true, video: true, data: false, screen: false, label: '', attributes: {} };

const erizo = (erizoId: string, owner: typeof here): RoomErizo => ({
  ...{ erizoId, endpoint: `tcp://${erizoId}:1`, since: 1 },
  ...owner,
});
const stream = (streamId: string, erizoId = 'far'): RoomStream => ({
  ...{ streamId, clientId: 'ann', erizoId, userName: 'ann', media, since: 2 },
  ...far,
});

/** A room of three regions, one process here, and what that is told. */
function begin(streamIds: string[]) {
  const clock = new VirtualClock();
  const trees = new RegionTrees({ edge: { linked: true }, members: new FakeMembers() });
  const streams = new Streams({ trees }, here);
  const told: { streamId: string; first: string | undefined }[] = [];
  const answers: PromiseWithResolvers<null>[] = [];
  const call = (_method: string, params: { streamId: string; route: { erizoId: string }[] }) => {
    told.push({ streamId: params.streamId, first: params.route[0]?.erizoId });
    const answer = Promise.withResolvers<null>();
    answers.push(answer);
    return answer.promise;
  };
  const mine = { erizoId: 'mine', endpoint: 'tcp://mine:1', rpc: { call } } as unknown as Erizo;
  const rerouting = new Rerouting({
    parts: {
      ...{ roomId: 'room', clock, log: pino({ level: 'silent' }), streams, grant: () => 'grant' },
      erizos: { live: [mine], facts: [{ erizoId: 'mine', endpoint: 'tcp://mine:1' }] },
    },
  });
  let version = 2;
  const learn = (parent: string, change: Partial<Directory> = {}): void => {
    version += 1;
    streams.learn({
      version,
      erizos: [erizo('far', far), erizo('relay', relay), erizo('mine', here)],
      streams: streamIds.map((id) => stream(id)),
      routes: [
        { origin: far.region, parents: { [here.region]: parent, [relay.region]: far.region } },
      ],
      ...change,
    });
    rerouting.changed();
  };
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const ask = (): string | undefined =>
    rerouting.routeFor(mine, stream(streamIds[0] ?? ''))[0]?.erizoId;
  return { clock, learn, told, answers, settled, ask };
}

describe('the streams that a process pulls', () => {
  it('are to come another way when that is another one, and not before', () => {
    const { learn, told } = begin(['1']);
    learn(far.region);
    learn(far.region);
    expect(told).toEqual([]);
    learn(relay.region);
    learn(relay.region);
    expect(told).toEqual([{ streamId: '1', first: 'relay' }]);
  });

  it('are to come another way also where one was asked for before all knew of the process', () => {
    const { learn, told, ask } = begin(['1']);
    learn(relay.region, { erizos: [erizo('far', far), erizo('relay', relay)] });
    expect(ask()).toBe('relay');
    learn(far.region);
    expect(told).toEqual([{ streamId: '1', first: 'far' }]);
  });

  it('are left alone where they come from another process than before', () => {
    const { learn, told } = begin(['1']);
    learn(far.region);
    learn(relay.region, {
      erizos: [erizo('next', far), erizo('relay', relay), erizo('mine', here)],
      streams: [stream('1', 'next')],
    });
    expect(told).toEqual([]);
  });

  it('move some at a time', async () => {
    const all = Array.from({ length: defaults.reroutes + 2 }, (_, index) => String(index));
    const { learn, told, answers, settled } = begin(all);
    learn(far.region);
    learn(relay.region);
    expect(told).toHaveLength(defaults.reroutes);
    answers.slice(0, 2).forEach(({ resolve }) => resolve(null));
    await settled();
    expect(told.map(({ streamId }) => streamId)).toEqual(all);
  });

  it('that could not move are tried again, by the way that is the best one then, and not for ever', async () => {
    const { clock, learn, told, answers, settled } = begin(['1']);
    learn(far.region);
    learn(relay.region);
    for (let attempt = 1; attempt <= defaults.attempts + 1; attempt += 1) {
      answers.at(-1)?.reject(new RizomaError('forbidden', 'it comes back'));
      await settled();
      clock.advance(defaults.rerouteAgain_ms);
    }
    expect(told).toEqual(Array.from({ length: defaults.attempts }, () => told[0]));
  });
});
