import { describe, expect, test } from 'vitest';
import { ownRegions } from '../support/stage/shared-system.ts';
import { Stage } from '../support/stage/stage.ts';

/** Pages that speak as Licode's own client does, in two regions. */

const stage = Stage.shared();
const [here, there] = ownRegions();

describe.each([
  ['a connection for each stream', {}, 2],
  ['one connection each way', { singlePC: 'true' }, 1],
] as const)('pages for Licode with %s', (_, options, connections) => {
  test('publish, subscribe, send data, change attributes and unpublish across two regions', async () => {
    const [ann, bob] = await Promise.all([
      stage.joinLicode({ name: 'ann', region: here, options }),
      stage.joinLicode({ name: 'bob', region: there, options }),
    ]);
    const singlePC = 'singlePC' in options;
    expect(await bob.connected()).toMatchObject({ singlePC, p2p: false });
    const camera = await ann.publish({ name: 'ann' });
    await bob.hears(`onAddStream ${camera}`);
    await bob.subscribe(camera);
    expect(await bob.plays(camera)).toBeGreaterThan(0);

    await ann.sendData(camera, { text: 'hello' });
    await bob.hears(`onDataStream ${camera} {"text":"hello"}`);
    await ann.setAttributes(camera, { name: 'anna' });
    await bob.hears(`onUpdateAttributeStream ${camera} {"name":"anna"}`);

    const second = await ann.publish({ name: 'ann again' });
    await bob.follow(second);
    await bob.plays(camera);
    expect(await bob.connections()).toBe(connections);
    expect(await bob.unsubscribe(camera)).toBe(true);
    await bob.plays(second);

    expect(await ann.unpublish(second)).toBe(true);
    await bob.hears(`onRemoveStream ${second}`);
    const third = await ann.publish({ name: 'ann once more' });
    await bob.follow(third);
    await ann.disconnect();
    await bob.hears(`onRemoveStream ${third}`);
    await bob.disconnect();
  });
});
