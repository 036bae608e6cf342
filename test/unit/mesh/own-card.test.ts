import { expect, it } from 'vitest';
import { OwnCard } from '../../../nodes/mesh/own-card.ts';
import type { HeardCard } from '../../../nodes/mesh/gossip-state.ts';
import { limits } from '../../../protocol/limits.ts';
import { readCard } from '../../../protocol/said-card.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { cardOf } from './simulated-mesh.ts';
import { privateKey } from './test-edge.ts';

function setUp() {
  const clock = new VirtualClock();
  const { card, certificate } = cardOf('self', clock.now());
  let heard = Promise.withResolvers<HeardCard>();
  const own = new OwnCard({
    ...{ clock, card, key: privateKey },
    load: () => ({ rooms: 0, clients: 0, cpu: 0, state: 'available' }),
    certificate: () => ({ ...certificate, text: 'not looked at here' }),
    said: (said) => heard.resolve(said),
  });
  /** The next one that it says, once so much time has passed. */
  const nextAfter = (by_ms: number): Promise<HeardCard> => {
    heard = Promise.withResolvers();
    clock.advance(by_ms);
    return heard.promise;
  };
  return { clock, own, nextAfter };
}

it('a node says nothing that is of the future to others, however late a card it is to outdo', async () => {
  const { clock, own, nextAfter } = setUp();
  own.speak(clock.now() + limits.clockSkew_s * 2_000);
  const first = await nextAfter(0);
  expect(first.said_ms).toBe(clock.now() + limits.clockSkew_s * 1_000);
  await expect(readCard(first.text, clock.now())).resolves.toMatchObject({ gone: false });
  own.speak();
  const second = await nextAfter(1_000);
  expect(second.said_ms).toBeGreaterThan(first.said_ms);
  await expect(readCard(second.text, clock.now())).resolves.toMatchObject({ gone: false });
});

it('a node that is doubted again and again speaks once in 300 ms', async () => {
  const { clock, own, nextAfter } = setUp();
  own.speak();
  const first = await nextAfter(0);
  for (let asked = 0; asked < 29; asked += 1) {
    own.speak();
    own.speak();
    clock.advance(10);
  }
  const second = await nextAfter(10);
  expect(second.said_ms - first.said_ms).toBe(300);
});

it('a node whose date is set says what others believe who have that date, later than before where it can be', async () => {
  const { clock, own, nextAfter } = setUp();
  own.speak();
  const first = await nextAfter(0);
  for (const by_ms of [-3_600_000, 10_000, 3_600_000]) {
    clock.setDate(by_ms);
    own.speak();
    const next = await nextAfter(300);
    await expect(readCard(next.text, clock.date())).resolves.toMatchObject({ gone: false });
    expect(next.since_ms).toBe(next.said_ms);
    expect(next.said_ms).toBe(clock.date());
  }
  expect(first.said_ms).toBeLessThan(clock.date());
});
