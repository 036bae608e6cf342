import { describe, expect, it } from 'vitest';
import type { SoundListener } from '../../../nodes/erizo/room-sound.ts';
import { ShownVideos } from '../../../nodes/erizo/shown-videos.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** The videos of a client, what was done about them, and the voices of its room in the test's hand. */
function begin() {
  const clock = new VirtualClock();
  const ears = new Map<string, SoundListener>();
  const done: string[] = [];
  const told: string[][] = [];
  const videos = new ShownVideos(
    {
      clock,
      sound: {
        listen: (_roomId, key, listener) => ears.set(key, listener),
        forget: (key) => ears.delete(key),
      },
    },
    {
      clientId: 'ben',
      show: (streamId, shown) => done.push(`${shown ? '+' : '-'}${streamId}`),
      onChange: (streamIds) => told.push(streamIds.sort()),
    },
  );
  const speaks = (streamId: string): void =>
    ears.forEach((listener) => listener.speaker('room', streamId));
  return { clock, ears, done, told, videos, speaks };
}

describe('the videos that a client is shown', () => {
  it('are all of them, and it hears nobody, while it wants no less', () => {
    const { ears, done, told, videos } = begin();
    videos.limit('room', undefined);
    videos.add('a');
    videos.add('b');
    expect(done).toEqual(['+a', '+b']);
    expect([ears.size, told.length]).toEqual([0, 0]);
  });

  it('follow those who speak, once in a while, and the client is told', () => {
    const { clock, done, told, videos, speaks } = begin();
    videos.limit('room', 1);
    ['a', 'b', 'c'].forEach((id) => videos.add(id));
    speaks('b');
    speaks('c');
    expect(done).toEqual(['+a', '-a', '+b']);
    expect(videos.isShown('c')).toBe(false);
    clock.advance(limits.lastNHold_ms);
    expect(done).toEqual(['+a', '-a', '+b', '-b', '+c']);
    expect(told).toEqual([[], ['a'], ['b'], ['c']]);
    clock.advance(limits.lastNHold_ms);
    expect(clock.pending).toBe(0);
  });

  it('leave out who has gone, keep who is pinned, and are all again when it wants all', () => {
    const { ears, done, videos } = begin();
    videos.limit('room', 1);
    ['a', 'b', 'c'].forEach((id) => videos.add(id));
    videos.pin('c', true);
    videos.remove('a');
    expect(done).toEqual(['+a', '+c', '+b']);
    videos.add('d');
    videos.limit('room', undefined);
    expect(done.slice(3)).toEqual(['+d']);
    expect(ears.size).toBe(0);
  });

  it('leave nothing behind when the client goes', () => {
    const { clock, ears, videos, speaks } = begin();
    videos.limit('room', 1);
    ['a', 'b'].forEach((id) => videos.add(id));
    speaks('b');
    videos.close();
    expect([clock.pending, ears.size]).toEqual([0, 0]);
  });
});
