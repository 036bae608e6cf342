import { describe, expect, it } from 'vitest';
import { newStreamId } from '../../../protocol/ids.ts';
import { worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();

describe('the layers that somebody plays', () => {
  it('are told to a publisher that follows, of its own streams, and to no page of Licode', async () => {
    const world = await newWorld();
    const ann = await world.join({ query: { layers: 'follow' } });
    const bob = await world.join();
    const [byAnn, byBob] = [await world.publish(ann), await world.publish(bob)];
    const erizo = world.erizo(0);
    const published = erizo.paramsOf('addPublisher');
    expect(published.map(({ options }) => options.follows)).toEqual([true, undefined]);

    const { clientId } = published[0] ?? { clientId: '' };
    erizo.layersWanted({ clientId, streamId: newStreamId(), spatial: 2 });
    erizo.layersWanted({ clientId, streamId: byBob, spatial: 2 });
    erizo.layersWanted({ clientId, streamId: byAnn, spatial: 0 });
    erizo.layersWanted({ clientId, streamId: byAnn, spatial: null });
    for (const spatial of [0, null]) {
      expect(await ann.next('onLayersWanted')).toEqual({ id: byAnn, spatial });
    }
    expect(ann.left('onLayersWanted') + bob.left('onLayersWanted')).toBe(0);
  });
});
