import { pino } from 'pino';
import { expect, it } from 'vitest';
import { GossipLinks } from '../../../nodes/mesh/gossip-links.ts';
import type { KnownCard } from '../../../protocol/contracts/gossip.ts';
import { gossip } from '../../../protocol/contracts/gossip.ts';
import { limits } from '../../../protocol/limits.ts';
import { RpcPeer } from '../../../protocol/rpc-peer.ts';
import { memoryLinkPair } from '../../fakes/memory-link.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const nothing = (): void => undefined;

function setUp() {
  const clock = new VirtualClock();
  const news: (readonly KnownCard[])[] = [];
  const heard: (() => void)[] = [];
  let refused = 0;
  const links = new GossipLinks(
    {
      ...{ clock, log: pino({ level: 'silent' }), random: () => 0 },
      transport: { dial: () => Promise.reject(new Error('nobody is dialled here')) },
      nodeOf: () => 'near',
      refused: () => (refused += 1),
      feed: nothing,
      onNews: (_from, _cards, doubted) => {
        news.push(doubted);
        heard.shift()?.();
      },
    },
    { nodeId: 'self' },
  );
  const [here, there] = memoryLinkPair();
  links.accept('peer of near', here);
  const handlers = {
    'gossip.beat': nothing,
    'gossip.news': nothing,
    'gossip.have': nothing,
    'gossip.part': nothing,
  };
  const near = RpcPeer.create(
    { link: there, clock, handlers },
    { outgoing: gossip, incoming: gossip },
  );
  const doubt = async (count: number): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    heard.push(resolve);
    const doubted = Array.from({ length: count }, (_, at) => ({ nodeId: `n-${at}`, said_ms: 1 }));
    near.notify('gossip.news', { cards: [], doubted });
    await promise;
    return news.at(-1)?.length ?? 0;
  };
  return { clock, doubt, refused: () => refused };
}

it('a neighbour is heard when it doubts a whole mesh at once, and 50 members a second after that', async () => {
  const { clock, doubt, refused } = setUp();
  expect(await doubt(limits.members)).toBe(limits.members);
  expect(await doubt(1)).toBe(0);
  clock.advance(1_000);
  expect(await doubt(51)).toBe(50);
  expect(refused()).toBe(2);
});
