import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Prober } from '../../../nodes/mesh/prober.ts';
import { pairsOf } from '../../../nodes/mesh/way-pairs.ts';
import type { NodeCard } from '../../../protocol/contracts/node-edge.ts';
import { newUuid } from '../../../protocol/ids.ts';
import { FakeMembers } from '../../fakes/fake-members.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

function cardOf(nodeId: string, region: string): NodeCard {
  const place = { lat: 0, lon: 0 };
  const mesh = 'tcp://127.0.0.1:1';
  return { nodeId, epoch: newUuid(), region, place, secure: false, version: '0', mesh };
}

const regions = ['eu-west', 'us-east', 'ap-south', 'sa-east'];
const nodes = regions.flatMap((region) =>
  [1, 2, 3].map((index) => cardOf(`${region}-${index}`, region)),
);

describe('of each two regions', () => {
  it('one node each measures the way, and they measure each other', () => {
    const pairs = nodes.flatMap((self) =>
      [...pairsOf(self, nodes)].map(([region, { nodeId }]) => ({ self, region, nodeId })),
    );
    expect(pairs).toHaveLength(regions.length * (regions.length - 1));
    for (const { self, nodeId } of pairs) {
      expect(
        pairs.some((other) => other.self.nodeId === nodeId && other.nodeId === self.nodeId),
      ).toBe(true);
    }
  });

  it('another one does when that is gone, and the other pairs stay', () => {
    const [gone, ...rest] = nodes;
    const all = (among: NodeCard[]) =>
      among.flatMap((self) =>
        [...pairsOf(self, among)].map(([, other]) => `${self.nodeId} ${other.nodeId}`),
      );
    const before = all(nodes).filter((pair) => !pair.split(' ').includes(gone?.nodeId ?? ''));
    expect(all(rest)).toEqual(expect.arrayContaining(before));
    expect(all(rest)).toHaveLength(all(nodes).length);
  });
});

function setUp() {
  const clock = new VirtualClock();
  const members = new FakeMembers();
  const asked: string[] = [];
  const way = { rtt_ms: 80, isDown: false };
  const prober = Prober.create(
    {
      clock,
      log: pino({ level: 'silent' }),
      members,
      ping: async ({ nodeId }) => {
        asked.push(nodeId);
        if (way.isDown) {
          throw new Error('no answer');
        }
        return way.rtt_ms;
      },
    },
    { nodeId: 'eu-west-1', region: 'eu-west' },
  );
  /** Lets a round end, and the next one begin. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const next = async (): Promise<void> => {
    clock.advance(20_000);
    await settle();
  };
  return { clock, members, asked, way, prober, settle, next };
}

describe('a prober', () => {
  it('measures a region as soon as it is there, by three pings', async () => {
    const { members, asked, prober, settle } = setUp();
    expect(prober.rtts_ms).toBeUndefined();
    members.set([cardOf('eu-west-1', 'eu-west'), cardOf('us-east-1', 'us-east')]);
    await settle();
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'us-east-1'));
    expect(prober.rtts_ms).toEqual({ 'us-east': 80 });
  });

  it('measures it once more a moment later: who has just begun is busy', async () => {
    const { clock, members, asked, way, prober, settle } = setUp();
    way.rtt_ms = 400;
    members.set([cardOf('eu-west-1', 'eu-west'), cardOf('us-east-1', 'us-east')]);
    await settle();
    way.rtt_ms = 80;
    clock.advance(3_000);
    await settle();
    expect(asked).toHaveLength(6);
    expect(prober.rtts_ms).toEqual({ 'us-east': 80 });
    clock.advance(3_000);
    await settle();
    expect(asked).toHaveLength(6);
  });

  it('forgets a region that is gone, and one that does not answer', async () => {
    const { members, way, prober, settle, next } = setUp();
    const here = cardOf('eu-west-1', 'eu-west');
    members.set([here, cardOf('us-east-1', 'us-east'), cardOf('ap-south-1', 'ap-south')]);
    await settle();
    expect(Object.keys(prober.rtts_ms ?? {})).toEqual(['us-east', 'ap-south']);
    members.set([here, cardOf('us-east-1', 'us-east')]);
    await next();
    expect(prober.rtts_ms).toEqual({ 'us-east': 80 });
    way.isDown = true;
    await next();
    await next();
    expect(prober.rtts_ms).toEqual({ 'us-east': 80 });
    await next();
    expect(prober.rtts_ms).toBeUndefined();
  });

  it('says and asks nothing more once closed', async () => {
    const { members, asked, prober, settle, next } = setUp();
    members.set([cardOf('eu-west-1', 'eu-west'), cardOf('us-east-1', 'us-east')]);
    await settle();
    prober.close();
    const count = asked.length;
    await next();
    expect(asked).toHaveLength(count);
    expect(prober.rtts_ms).toBeUndefined();
  });
});
