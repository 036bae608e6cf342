import { describe, expect, it } from 'vitest';
import type { Producer } from '../../../nodes/erizo/media.ts';
import { Publisher } from '../../../nodes/erizo/publisher.ts';
import { everything } from '../../../nodes/erizo/stream-need.ts';
import { limits } from '../../../protocol/limits.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

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
  close: () => undefined,
};

function begin(options: { follows: boolean; isRestored?: boolean }) {
  const clock = new VirtualClock();
  const told: (number | null)[] = [];
  const publisher = new Publisher(
    { clock },
    {
      ...{ streamId: '1', roomId: 'room', label: 'cam', audio: true, video: true, config: {} },
      onLayers: options.follows ? (spatial) => told.push(spatial) : undefined,
      isRestored: options.isRestored ?? false,
      onEnd: () => undefined,
    },
  );
  const view = (video: number | null) =>
    publisher.use({ sourceEnded: () => undefined }, { audio: true, video });
  return { clock, told, publisher, view };
}

describe('a publisher that follows', () => {
  it('is told that nobody watches a while after it began, and of the first viewer at once', () => {
    const { clock, told, publisher, view } = begin({ follows: true });
    publisher.start([producer]);
    clock.advance(limits.layerHold_ms - 1);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([null]);
    const first = view(0);
    expect(told).toEqual([null, 0]);
    view(2);
    expect(told).toEqual([null, 0, 2]);
    first.end();
    clock.advance(10 * limits.layerHold_ms);
    expect(told).toEqual([null, 0, 2]);
  });

  it('is told nothing where somebody wants all of it from the beginning', () => {
    const { clock, told, publisher } = begin({ follows: true });
    publisher.use({ sourceEnded: () => undefined }, everything);
    publisher.start([producer]);
    clock.advance(10 * limits.layerHold_ms);
    expect(told).toEqual([]);
  });

  it('sends no pictures while it is muted, whoever watches', () => {
    const { clock, told, publisher, view } = begin({ follows: true });
    view(1);
    publisher.start([producer]);
    clock.advance(limits.layerHold_ms);
    publisher.update({ muteStream: { audio: false, video: true } });
    clock.advance(limits.layerHold_ms);
    publisher.update({ muteStream: { audio: true, video: false } });
    expect(told).toEqual([1, null, 1]);
  });

  it('is told again what it may have missed, and nothing once it has ended', () => {
    const { clock, told, publisher, view } = begin({ follows: true });
    publisher.repeatLayers();
    view(1);
    publisher.start([producer]);
    clock.advance(limits.layerHold_ms);
    publisher.repeatLayers();
    expect(told).toEqual([1, 1]);
    view(2).end();
    publisher.close();
    expect(clock.pending).toBe(0);
    publisher.repeatLayers();
    expect(told).toEqual([1, 1, 2]);
  });
});

describe('a publisher that follows and was restored', () => {
  it('is told what is needed as it begins, whatever another process told it before', () => {
    const { clock, told, publisher, view } = begin({ follows: true, isRestored: true });
    view(7);
    publisher.start([producer]);
    clock.advance(10 * limits.layerHold_ms);
    expect(told).toEqual([7]);
  });
});

describe('a publisher that does not follow', () => {
  it('is left alone', () => {
    const { clock, told, publisher, view } = begin({ follows: false });
    publisher.start([producer]);
    view(0).end();
    clock.advance(10 * limits.layerHold_ms);
    publisher.repeatLayers();
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
