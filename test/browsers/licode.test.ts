import type { Page } from 'playwright-core';
import { describe, expect, it, vi } from 'vitest';
import { openIn } from '../support/counters.ts';
import { licodeSuite } from '../support/licode-suite.ts';

/** Pages that speak as Licode's own client does, in two regions. */

const patience = { timeout: 40_000, interval: 250 };
const suite = licodeSuite(6);

const plays = (page: Page, id: string): Promise<number> =>
  page.evaluate((stream) => window.licode.plays(stream, 15), id);

const told = (page: Page, words: string): Promise<void> =>
  page.evaluate((wanted) => window.licode.until(wanted), words);

describe.each([
  ['one connection a stream', {}, 3],
  ['two connections', { singlePC: 'true' }, 2],
] as const)('pages for Licode with %s', (_, options, connections) => {
  it('see, hear and tell each other across two regions, through all that Licode’s client does', async () => {
    const { system, join } = suite;
    const atStart = await openIn(system);
    const room = `licode ${JSON.stringify(options)}`;
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    expect(await bob.evaluate(() => window.licode.connected)).toMatchObject({
      singlePC: 'singlePC' in options,
      p2p: false,
    });

    // Publish and subscribe, each way.
    const camera = await ann.evaluate(() => window.licode.publish({ name: 'ann' }));
    await told(bob, `onAddStream ${camera}`);
    await bob.evaluate((id) => window.licode.subscribe(id), camera);
    expect(await plays(bob, camera)).toBeGreaterThan(0);
    const other = await bob.evaluate(() => window.licode.publish({ name: 'bob' }));
    await told(ann, `onAddStream ${other}`);
    await ann.evaluate((id) => window.licode.subscribe(id), other);
    expect(await plays(ann, other)).toBeGreaterThan(0);

    // Data and attributes.
    await ann.evaluate((id) => window.licode.sendData(id, { text: 'hello' }), camera);
    await told(bob, `onDataStream ${camera} {"text":"hello"}`);
    await ann.evaluate((id) => window.licode.setAttributes(id, { name: 'anna' }), camera);
    await told(bob, `onUpdateAttributeStream ${camera} {"name":"anna"}`);

    // A second stream beside the first, and the first again after it was given up.
    const second = await ann.evaluate(() => window.licode.publish({ name: 'ann again' }));
    await told(bob, `onAddStream ${second}`);
    await bob.evaluate((id) => window.licode.subscribe(id), second);
    await Promise.all([plays(bob, camera), plays(bob, second)]);
    expect(await bob.evaluate((id) => window.licode.unsubscribe(id), camera)).toBe(true);
    await plays(bob, second);
    await bob.evaluate((id) => window.licode.subscribe(id), camera);
    await Promise.all([plays(bob, camera), plays(bob, second)]);
    expect(await bob.evaluate(() => window.licode.connections)).toBe(connections);

    // New candidates, and a socket that was cut.
    await Promise.all([
      ann.evaluate(() => window.licode.restartIce()),
      bob.evaluate(() => window.licode.restartIce()),
    ]);
    await Promise.all([plays(bob, camera), plays(ann, other)]);
    await bob.evaluate(() => window.licode.cut());
    await ann.evaluate((id) => window.licode.sendData(id, 'still there?'), camera);
    await told(bob, `onDataStream ${camera} "still there?"`);

    // What was unpublished is removed, what comes after it is seen.
    expect(await ann.evaluate((id) => window.licode.unpublish(id), second)).toBe(true);
    await told(bob, `onRemoveStream ${second}`);
    expect(await ann.evaluate((id) => window.licode.unpublish(id), camera)).toBe(true);
    await told(bob, `onRemoveStream ${camera}`);
    const third = await ann.evaluate(() => window.licode.publish({ name: 'ann once more' }));
    await told(bob, `onAddStream ${third}`);
    await bob.evaluate((id) => window.licode.subscribe(id), third);
    await plays(bob, third);

    await ann.evaluate(() => window.licode.disconnect());
    await told(bob, `onRemoveStream ${third}`);
    await bob.evaluate(() => window.licode.disconnect());
    expect(suite.complaints).toEqual([]);
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});

describe('pages for Licode', () => {
  it('get what fits, hear of connections that carry too little, and say how those are shared', async () => {
    const { system, join } = suite;
    const atStart = await openIn(system);
    const room = 'licode and bandwidth';
    const options = { singlePC: 'true', streamPriorityStrategy: 'low' };
    const ann = await join({ room, name: 'ann', region: 'eu-west' }, options);
    const bob = await join({ room, name: 'bob', region: 'ap-northeast' }, options);
    expect(await bob.evaluate(() => window.licode.connected)).toMatchObject({
      streamPriorityStrategy: 'low',
    });
    const wanted = { name: 'wanted' };
    const least = { minVideoBW: 250, scheme: 'notify-break' };
    const first = await ann.evaluate(
      ([attributes, more]) => window.licode.publish(attributes, more),
      [wanted, least] as const,
    );
    const second = await ann.evaluate((attributes) => window.licode.publish(attributes), wanted);
    await ann.evaluate(() => window.licode.publish({ name: 'other' }));
    for (const id of [first, second]) {
      await told(bob, `onAddStream ${id}`);
    }
    const selectors = { '/attributes/name': 'wanted' };
    expect(
      await bob.evaluate((message) => window.licode.ask('autoSubscribe', message), {
        selectors,
      }),
    ).toBe(true);
    await told(bob, 'auto-streams-subscription of 2');
    await Promise.all([plays(bob, first), plays(bob, second)]);
    expect(await bob.evaluate(() => window.licode.connections)).toBe(1);
    await told(bob, 'quality 2');

    expect(
      await bob.evaluate(() => window.licode.ask('setConnectionTargetBandwidth', 60_000)),
    ).toBe(true);
    await told(bob, `insufficient ${first}`);
    await told(bob, `audio-only ${first}`);
    await ann.evaluate((id) => window.licode.setAttributes(id, { name: 'not any more' }), second);
    await told(bob, 'auto-streams-unsubscription of 1');

    await Promise.all([ann, bob].map((page) => page.evaluate(() => window.licode.disconnect())));
    expect(suite.complaints).toEqual([]);
    await vi.waitFor(async () => expect(await openIn(system)).toEqual(atStart), patience);
  });
});
