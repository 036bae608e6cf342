import { describe, expect, it } from 'vitest';
import { eventually, worldsOfTests } from './world.ts';

const newWorld = worldsOfTests();

describe('a client that wants the video of the last few who spoke', () => {
  it('has it from its first stream on, may want another number, and is told whose video comes', async () => {
    const world = await newWorld();
    const [ann, bob] = [await world.join(), await world.join()];
    const streamId = await world.publish(ann);
    expect(await bob.ask('setLastN', { n: 2 })).toEqual([true]);
    await world.subscribe(bob, streamId);
    const erizo = world.erizo(0);
    const [subscribed] = erizo.paramsOf('addSubscriber');
    expect(subscribed?.options.lastN).toBe(2);
    expect(erizo.paramsOf('setLastN')).toEqual([]);

    const { clientId } = subscribed ?? { clientId: '' };
    expect(await bob.ask('setLastN', { n: null })).toEqual([true]);
    expect(await bob.ask('setLastN', { n: 1 })).toEqual([true]);
    await eventually(() => erizo.paramsOf('setLastN').length === 2);
    expect(erizo.paramsOf('setLastN')).toEqual([
      { clientId, n: null },
      { clientId, n: 1 },
    ]);
    erizo.videosShown({ clientId, streamIds: [streamId] });
    expect(await bob.next('onLastN')).toEqual({ ids: [streamId] });
    const pinned = { streamId, msg: { type: 'updatestream', config: { pinned: true } } };
    await bob.ask('streamMessage', { options: pinned });
    expect(erizo.paramsOf('processStreamMessage').at(-1)?.config).toEqual({ pinned: true });
    for (const n of [-1, 1.5, 'two', 100_000, undefined]) {
      expect((await bob.ask('setLastN', { n }))[0]).toBeNull();
    }
  });
});
