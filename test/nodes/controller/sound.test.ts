import { describe, expect, it } from 'vitest';
import { eventually, worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();

describe('who is heard in a room', () => {
  it('is told to the clients who asked for it, to each what it asked for, and to no page of Licode', async () => {
    const world = await newWorld();
    const ann = await world.join({ query: { sound: 'speaker' } });
    const streamId = await world.publish(ann);
    const erizo = world.erizo(0);
    const [bob, cleo] = [await world.join({ query: { sound: 'levels' } }), await world.join()];
    for (const client of [bob, cleo]) {
      await world.subscribe(client, streamId);
    }
    const { roomId } = world;
    erizo.audioLevels({ roomId, levels: [{ streamId, level_dBov: -20 }] });
    erizo.activeSpeaker({ roomId, streamId });
    expect(await bob.next('onAudioLevels')).toEqual({
      levels: [{ id: streamId, level_dBov: -20 }],
    });
    for (const client of [ann, bob]) {
      expect(await client.next('onActiveSpeaker')).toEqual({ id: streamId });
    }
    await cleo.ask('unsubscribe', streamId);
    expect(ann.left('onAudioLevels')).toBe(0);
    expect(cleo.left('onActiveSpeaker') + cleo.left('onAudioLevels')).toBe(0);
    await eventually(() => erizo.paramsOf('addSubscriber').length === 2);
    expect(erizo.paramsOf('addSubscriber').map(({ options }) => options.hears)).toEqual([
      true,
      undefined,
    ]);
  });
});
