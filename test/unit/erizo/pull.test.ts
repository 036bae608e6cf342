import { describe, expect, it } from 'vitest';
import type { StreamNeed } from '../../../protocol/layers.ts';
import type { Producer } from '../../../nodes/erizo/media.ts';
import type { Opening } from '../../../nodes/erizo/pull.ts';
import { Pull } from '../../../nodes/erizo/pull.ts';
import type { SourceEnd } from '../../../nodes/erizo/source.ts';
import { everything, nothing } from '../../../nodes/erizo/stream-need.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A pull, what it said to its upstream, and the answer of the upstream in the test's hand. */
function begin() {
  const clock = new VirtualClock();
  const answer = Promise.withResolvers<readonly Producer[]>();
  /** What the call to the upstream asks when it is made. */
  const told = { opening: (): Opening => ({ paused: true, need: nothing }) };
  const paused: boolean[] = [];
  /** What it said of the need: when it was opened, and after that. */
  const needs: StreamNeed[] = [];
  const ends: Pull[] = [];
  const closed: string[] = [];
  const producer: Producer = {
    id: 'track',
    trackId: 'track',
    kind: 'video',
    pause: async () => undefined,
    resume: async () => undefined,
    stats: async () => [],
    layers: async () => [],
    onKeyFrame: () => () => undefined,
    tap: () => Promise.reject(new Error('nothing is tapped here')),
    close: () => closed.push('track'),
  };
  const pull = Pull.create(
    { clock },
    {
      stream: { streamId: '1', roomId: 'room', route: [], grant: '' },
      wan: true,
      open: (_id, opening) => {
        told.opening = opening;
        return answer.promise;
      },
      setNeed: (_id, need) => needs.push(need),
      setPaused: (_id, value) => paused.push(value),
      onEnding: () => undefined,
      onEnd: (ended) => ends.push(ended),
    },
  );
  const user = (need: StreamNeed = everything) => {
    const told: { why: SourceEnd; code: string }[] = [];
    const use = pull.use({ sourceEnded: (why, { code }) => told.push({ why, code }) }, need);
    return { use, told };
  };
  const tell = (): boolean => told.opening().paused;
  return { clock, told, tell, answer, paused, needs, ends, closed, producer, pull, user };
}

describe('a pull', () => {
  it('flows while one of its users wants media', async () => {
    const { answer, paused, producer, pull, user } = begin();
    const [one, two] = [user(), user()];
    answer.resolve([producer]);
    await pull.tracks;
    expect(paused).toEqual([]);
    one.use.setActive(true);
    two.use.setActive(true);
    one.use.setActive(false);
    expect(paused).toEqual([false]);
    two.use.end();
    expect(paused).toEqual([false, true]);
  });

  it('that is wanted before its upstream is told begins to flow with that', async () => {
    const { answer, tell, paused, producer, pull, user } = begin();
    const { use } = user();
    use.setActive(true);
    expect(tell()).toBe(false);
    answer.resolve([producer]);
    await pull.tracks;
    expect(paused).toEqual([]);
    use.setActive(false);
    expect(paused).toEqual([true]);
  });

  it('that is wanted before it is open flows as soon as it is', async () => {
    const { answer, tell, paused, producer, pull, user } = begin();
    expect(tell()).toBe(true);
    user().use.setActive(true);
    expect(paused).toEqual([]);
    answer.resolve([producer]);
    await pull.tracks;
    expect(paused).toEqual([false]);
  });

  it('says what its users need as it is opened, more at once, and less after a while', async () => {
    const { clock, told, answer, needs, producer, pull, user } = begin();
    const low = user({ audio: true, video: 0 });
    expect(told.opening().need).toEqual({ audio: true, video: 0 });
    answer.resolve([producer]);
    await pull.tracks;
    const high = user({ audio: false, video: 2 });
    expect(needs).toEqual([{ audio: true, video: 2 }]);
    high.use.setNeed({ audio: false, video: null });
    clock.advance(limits.layerHold_ms - 1);
    expect(needs).toHaveLength(1);
    clock.advance(1);
    expect(needs.at(-1)).toEqual({ audio: true, video: 0 });
    low.use.end();
    clock.advance(limits.layerHold_ms);
    expect(needs.at(-1)).toEqual({ audio: false, video: null });
    pull.end('ended');
    expect(clock.pending).toBe(0);
  });

  it('says what changed while it was opened once it is open', async () => {
    const { told, answer, needs, producer, pull, user } = begin();
    const { use } = user({ audio: true, video: null });
    expect(told.opening().need.video).toBeNull();
    use.setNeed({ audio: true, video: 1 });
    expect(needs).toEqual([]);
    answer.resolve([producer]);
    await pull.tracks;
    expect(needs.map(({ video }) => video)).toEqual([1]);
  });

  it('without a user ends after its linger, and not while somebody comes back', async () => {
    const { clock, answer, ends, closed, producer, pull, user } = begin();
    const first = user();
    answer.resolve([producer]);
    await pull.tracks;
    first.use.end();
    clock.advance(limits.pullLinger_ms - 1);
    const second = user();
    clock.advance(limits.pullLinger_ms);
    expect(ends).toEqual([]);
    second.use.end();
    clock.advance(limits.pullLinger_ms - 1);
    expect(ends).toEqual([]);
    clock.advance(1);
    expect(ends).toEqual([pull]);
    expect(closed).toEqual(['track']);
    expect([...first.told, ...second.told]).toEqual([]);
  });

  it('that the upstream refuses ends with its code, for its users too', async () => {
    const { answer, ends, pull, user } = begin();
    const { told } = user();
    answer.reject(new RizomaError('not_found', 'no such stream'));
    await expect(pull.tracks).rejects.toMatchObject({ code: 'not_found' });
    expect(told).toEqual([{ why: 'upstream', code: 'not_found' }]);
    expect(ends).toEqual([pull]);
  });

  it('whose upstream cannot be reached is unavailable', async () => {
    const { answer, pull } = begin();
    answer.reject(new RizomaError('link_down', 'gone'));
    await expect(pull.tracks).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('that ended while it was opened keeps nothing of what comes', async () => {
    const { answer, ends, closed, producer, pull, user } = begin();
    const { told } = user();
    pull.end('upstream');
    answer.resolve([producer]);
    await expect(pull.tracks).rejects.toMatchObject({ code: 'unavailable' });
    await answer.promise;
    expect(closed).toEqual(['track']);
    expect(told).toHaveLength(1);
    pull.end('ended');
    expect(ends).toHaveLength(1);
  });
});
