import { describe, expect, it } from 'vitest';
import type { AudioListener } from '../../../nodes/erizo/engine-audio.ts';
import type { Producer } from '../../../nodes/erizo/media.ts';
import { Sound } from '../../../nodes/erizo/sound.ts';
import type { Source } from '../../../nodes/erizo/source.ts';

/** The sound of a process, what it had observed, and what its listeners were told. */
function begin() {
  const observed: { listener: AudioListener; tracks: string[]; closed: boolean }[] = [];
  const sound = new Sound({
    observe: async (listener) => {
      const one = { listener, tracks: new Array<string>(), closed: false };
      observed.push(one);
      return {
        add: (producerId) => one.tracks.push(producerId),
        close: () => {
          one.closed = true;
        },
      };
    },
  });
  const told: string[] = [];
  const listener = {
    speaker: (roomId: string, streamId: string) => told.push(`${roomId}: ${streamId} speaks`),
    levels: (roomId: string, levels: { streamId: string }[]) =>
      told.push(`${roomId}: ${levels.map(({ streamId }) => streamId).join()}`),
  };
  return { sound, observed, told, listener };
}

function stream(roomId: string, streamId: string): Source {
  const track = (kind: 'audio' | 'video'): Producer => ({
    id: `${streamId} ${kind}`,
    trackId: `${streamId} ${kind}`,
    kind,
    pause: async () => undefined,
    resume: async () => undefined,
    stats: async () => [],
    layers: async () => [],
    onKeyFrame: () => () => undefined,
    tap: () => Promise.reject(new Error('nothing is tapped here')),
    close: () => undefined,
  });
  const producers = [track('audio'), track('video')];
  const use = () => ({
    setActive: () => undefined,
    setNeed: () => undefined,
    end: () => undefined,
  });
  const tracks = Promise.resolve(producers);
  return { streamId, roomId, wan: false, tracks, producers, use };
}

/** Lets what was begun be done. */
const settle = () => new Promise((done) => setImmediate(done));

describe('the sound of a process', () => {
  it('is observed for each room by itself, and only while somebody there listens', async () => {
    const { sound, observed, told, listener } = begin();
    sound.added(stream('red', 'one'));
    sound.added(stream('blue', 'two'));
    await settle();
    expect(observed).toEqual([]);
    sound.listen('red', 'ann', listener);
    sound.listen('red', 'ben', listener);
    await settle();
    sound.added(stream('red', 'three'));
    await settle();
    expect(observed.map(({ tracks }) => tracks)).toEqual([['one audio', 'three audio']]);
    observed[0]?.listener.levels([{ producerId: 'three audio', level_dBov: -9 }]);
    observed[0]?.listener.speaker('one audio');
    observed[0]?.listener.speaker('one audio');
    // Two clients of one controller are one listener.
    expect(told).toEqual(['red: three', 'red: one speaks']);
    sound.forget('ann');
    await settle();
    expect(observed[0]?.closed).toBe(false);
    sound.forget('ben');
    await settle();
    expect(observed[0]?.closed).toBe(true);
  });

  it('forgets a stream that is gone, and tells who comes later who speaks', async () => {
    const { sound, observed, told, listener } = begin();
    sound.added(stream('red', 'one'));
    sound.added(stream('red', 'two'));
    sound.listen('red', 'ann', listener);
    await settle();
    sound.removed('one');
    observed[0]?.listener.speaker('one audio');
    observed[0]?.listener.speaker('two audio');
    sound.listen('red', 'cleo', { ...listener, speaker: (_, id) => told.push(`cleo: ${id}`) });
    expect(told).toEqual(['red: two speaks', 'cleo: two']);
  });
});
