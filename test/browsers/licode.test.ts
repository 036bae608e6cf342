import { describe, expect, test } from 'vitest';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** All that Licode's own client does, by pages that speak as it does, in two regions. */

const stage = Stage.shared();
const [here, there] = ownRegions();

describe.each([
  ['a connection for each stream', {}, 3],
  ['one connection each way', { singlePC: 'true' }, 2],
] as const)('pages for Licode with %s', (_, options, connections) => {
  test('see and hear each other across two regions, over a restart of ICE, a cut socket and streams that come and go', async () => {
    const [ann, bob] = await Promise.all([
      stage.joinLicode({ name: 'ann', region: here, options }),
      stage.joinLicode({ name: 'bob', region: there, options }),
    ]);
    // Publish and subscribe, each way.
    const camera = await ann.publish({ name: 'ann' });
    await bob.hears(`onAddStream ${camera}`);
    await bob.subscribe(camera);
    expect(await bob.plays(camera)).toBeGreaterThan(0);
    const other = await bob.publish({ name: 'bob' });
    await ann.hears(`onAddStream ${other}`);
    await ann.subscribe(other);
    expect(await ann.plays(other)).toBeGreaterThan(0);

    // A second stream beside the first, and the first again after it was unsubscribed from.
    const second = await ann.publish({ name: 'ann again' });
    await bob.hears(`onAddStream ${second}`);
    await bob.subscribe(second);
    await Promise.all([bob.plays(camera), bob.plays(second)]);
    expect(await bob.unsubscribe(camera)).toBe(true);
    await bob.plays(second);
    await bob.subscribe(camera);
    await Promise.all([bob.plays(camera), bob.plays(second)]);
    expect(await bob.connections()).toBe(connections);

    // New candidates, and a socket that was cut.
    await Promise.all([ann.restartIce(), bob.restartIce()]);
    await Promise.all([bob.plays(camera), ann.plays(other)]);
    await bob.cut();
    await ann.sendData(camera, 'still there?');
    await bob.hears(`onDataStream ${camera} "still there?"`);

    // What was unpublished is removed, what comes after it is seen.
    for (const id of [second, camera]) {
      expect(await ann.unpublish(id)).toBe(true);
      await bob.hears(`onRemoveStream ${id}`);
    }
    const third = await ann.publish({ name: 'ann once more' });
    await bob.hears(`onAddStream ${third}`);
    await bob.subscribe(third);
    await bob.plays(third);

    await ann.disconnect();
    await bob.hears(`onRemoveStream ${third}`);
    await bob.disconnect();
  });
});

describe('pages for Licode', () => {
  test('subscribe by attributes, hear of connections that carry too little, and say how those are shared', async () => {
    const options = { singlePC: 'true', streamPriorityStrategy: 'low' };
    const [ann, bob] = await Promise.all([
      stage.joinLicode({ name: 'ann', region: here, options }),
      stage.joinLicode({ name: 'bob', region: there, options }),
    ]);
    expect(await bob.connected()).toMatchObject({ streamPriorityStrategy: 'low' });
    const wanted = { name: 'wanted' };
    const first = await ann.publish(wanted, { minVideoBW: 250, scheme: 'notify-break' });
    const second = await ann.publish(wanted);
    await ann.publish({ name: 'other' });
    for (const id of [first, second]) {
      await bob.hears(`onAddStream ${id}`);
    }
    const selectors = { '/attributes/name': 'wanted' };
    expect(await bob.ask('autoSubscribe', { selectors })).toBe(true);
    await bob.hears('auto-streams-subscription of 2');
    await Promise.all([bob.plays(first), bob.plays(second)]);
    expect(await bob.connections()).toBe(1);
    await bob.hears('quality 2');

    expect(await bob.ask('setConnectionTargetBandwidth', 60_000)).toBe(true);
    await bob.hears(`insufficient ${first}`);
    await bob.hears(`audio-only ${first}`);
    await ann.setAttributes(second, { name: 'not any more' });
    await bob.hears('auto-streams-unsubscription of 1');
    await Promise.all([ann.disconnect(), bob.disconnect()]);
  });
});
