import { describe, expect, it } from 'vitest';
import { wholeVideo } from '../../../nodes/erizo/layer-wish.ts';
import { Standby } from '../../../nodes/erizo/standby.ts';
import type { SectionOwner } from '../../../nodes/erizo/slot.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const owner: SectionOwner = {
  streamId: '1',
  refused: () => undefined,
  mediaBegan: () => undefined,
};

function begin(apart = false) {
  const clock = new VirtualClock();
  const standby = new Standby({ of: owner, wanted: wholeVideo, apart });
  const hurry = new AbortController();
  let isShown = false;
  void standby.shows(clock, hurry.signal).then(() => (isShown = true));
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const shownAfter = async (wait_ms: number): Promise<boolean> => {
    await settle();
    clock.advance(wait_ms);
    await settle();
    return isShown;
  };
  return { standby, hurry, shownAfter };
}

describe('a video that stands by', () => {
  it('can be shown when the client has had the time to decode its first key frame', async () => {
    const { standby, shownAfter } = begin();
    expect(await shownAfter(2_000)).toBe(false);
    standby.mediaBegan('video');
    expect(await shownAfter(499)).toBe(false);
    expect(await shownAfter(1)).toBe(true);
  });

  it('is not waited for when no picture comes, nor when the old way has ended', async () => {
    const none = begin();
    expect(await none.shownAfter(4_000)).toBe(false);
    expect(await none.shownAfter(500)).toBe(true);
    const ended = begin();
    ended.hurry.abort();
    expect(await ended.shownAfter(0)).toBe(true);
  });

  it('is in the MediaStream of the stream, or apart in one of its own', () => {
    expect(begin().standby.streamId).toBe('1');
    const ids = [begin(true), begin(true)].map(({ standby }) => standby.streamId);
    expect(new Set([...ids, '1']).size).toBe(3);
  });
});
