import { describe, expect, it } from 'vitest';
import { Adapter } from '../../../../nodes/erizo/adaptation/adapter.ts';
import { LayerRates } from '../../../../nodes/erizo/adaptation/layer-rates.ts';
import type { Adapted } from '../../../../nodes/erizo/adaptation/player.ts';
import { SpeakerEar } from '../../../../nodes/erizo/adaptation/speaker-ear.ts';
import type { VideoWish } from '../../../../nodes/erizo/layer-wish.ts';
import type { Producer } from '../../../../nodes/erizo/media.ts';
import { PicturesOf } from '../../../../nodes/erizo/pictures/pictures-of.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

/** A connection that carries so much, and what the videos on it were made to do. */
function begin() {
  const clock = new VirtualClock();
  const line = { kbps: undefined as number | undefined, looks: 0 };
  const rates = new LayerRates({ clock });
  const adapter = new Adapter(
    { clock, rates, pictures: new PicturesOf({ clock }) },
    {
      estimate: async () => {
        line.looks += 1;
        return line.kbps === undefined ? undefined : line.kbps * 1_000;
      },
    },
  );
  /** Seconds go by, each with all that follows from it. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      clock.advance(1_000);
      await new Promise((done) => setImmediate(done));
    }
  };
  return { clock, line, adapter, pass };
}

/** A video of three layers of 100, 300 and 900 kbit/s, each half of it in its lowest temporal layer. */
function video(streamId: string) {
  const told: string[] = [];
  const holder: { wish: VideoWish; weight: number; asked: number } = {
    wish: {},
    weight: 0,
    asked: 0,
  };
  const nothing = async (): Promise<void> => undefined;
  const producer: Producer = {
    id: streamId,
    trackId: streamId,
    kind: 'video',
    pause: nothing,
    resume: nothing,
    stats: async () => [],
    layers: async () => {
      holder.asked += 1;
      return [100, 300, 900].map((kbps) => ({ least_bps: kbps * 500, whole_bps: kbps * 1_000 }));
    },
    onKeyFrame: () => () => undefined,
    tap: () => Promise.reject(new Error('nothing is tapped here')),
    close: () => undefined,
  };
  const adapted: Adapted = {
    streamId,
    video: producer,
    wish: (_who, wish) => {
      holder.wish = wish;
    },
    setPriority: (weight) => {
      holder.weight = weight;
    },
    alert: (message, bandwidth_bps) => told.push(`${message} ${bandwidth_bps}`),
  };
  return { adapted, told, holder };
}

const whole = { paused: false, slideShow_ms: 0, maxSpatial: 7, maxTemporal: 7 };

describe('videos that share a connection', () => {
  it('are left alone, and the connection is not looked at, where nobody asks for anything', async () => {
    const { adapter, line, pass } = begin();
    const one = video('one');
    adapter.set(one.adapted, { qualityLayer: { spatial: 1 } });
    line.kbps = 10;
    await pass(30);
    expect(line.looks).toBe(0);
    expect(one.holder.wish).toEqual(whole);
  });

  it('are told of what a scheme finds, by their shares, until they are gone', async () => {
    const { adapter, line, pass } = begin();
    const [one, two] = [video('one'), video('two')];
    const adaptation = { scheme: 'notify-break', minVideo_kbps: 200 } as const;
    adapter.set(one.adapted, { adaptation });
    adapter.set(two.adapted, {});
    line.kbps = 1_000;
    await pass(20);
    expect(one.told).toEqual([]);
    line.kbps = 200;
    await pass(30);
    // Half of the line, in the mean of five seconds.
    expect(one.told).toEqual(['insufficient 100000', 'audio-only 0']);
    expect(one.holder.wish).toEqual({ ...whole, paused: true });
    expect(two.holder.wish).toEqual(whole);
    const { looks } = line;
    await pass(10);
    expect(line.looks).toBe(looks);
    adapter.set(one.adapted, { adaptation: null });
    expect(one.holder.wish).toEqual(whole);
  });

  it('are not judged while the estimate is unknown, or the app wants slides', async () => {
    const { adapter, line, pass } = begin();
    const one = video('one');
    const adaptation = { scheme: 'notify', minVideo_kbps: 200 } as const;
    adapter.set(one.adapted, { adaptation });
    await pass(30);
    line.kbps = 10;
    adapter.set(one.adapted, { adaptation, slideShow_ms: 2_000 });
    await pass(30);
    expect(one.told).toEqual([]);
    adapter.set(one.adapted, { adaptation, slideShow_ms: 0 });
    await pass(12);
    expect(one.told).toEqual(['insufficient 10000']);
  });

  it('become slides below the layer that is wanted at least, with its lowest temporal layer', async () => {
    const { adapter, line, pass } = begin();
    const one = video('one');
    adapter.set(one.adapted, { slideShowBelow: 1 });
    line.kbps = 150;
    await pass(1);
    expect(one.holder.wish).toEqual(whole);
    line.kbps = 149;
    await pass(1);
    expect(one.holder.wish).toEqual({ ...whole, slideShow_ms: 3_000 });
    line.kbps = 1_000;
    await pass(9);
    expect(one.holder.wish).toEqual({ ...whole, slideShow_ms: 3_000 });
    await pass(1);
    expect(one.holder.wish).toEqual(whole);
    line.kbps = 10;
    await pass(1);
    adapter.set(one.adapted, { slideShowBelow: null });
    expect(one.holder.wish).toEqual(whole);
  });

  it('share it by a strategy, which prefers who speaks, until there is none', async () => {
    const { adapter, line, pass } = begin();
    const [one, two] = [video('one'), video('two')];
    adapter.set(one.adapted, {});
    adapter.set(two.adapted, { priority: '40' });
    expect([one.holder.weight, two.holder.weight]).toEqual([1, 5]);
    line.kbps = 1_000;
    adapter.setStrategy('speaker');
    adapter.setSpeaker('one');
    expect([one.holder.weight, two.holder.weight]).toEqual([6, 5]);
    await pass(1);
    expect(one.holder.wish).toEqual({ ...whole, maxSpatial: 2 });
    expect(two.holder.wish).toEqual({ ...whole, maxSpatial: 0 });
    adapter.setSpeaker('two');
    await pass(1);
    expect(one.holder.wish).toEqual({ ...whole, maxSpatial: 0 });
    await pass(10);
    expect(two.holder.wish).toEqual({ ...whole, maxSpatial: 2 });
    line.kbps = 50;
    await pass(1);
    expect(one.holder.wish).toEqual({ ...whole, maxSpatial: 0, slideShow_ms: 3_000 });
    expect(adapter.isStarved).toBe(false);
    adapter.setStrategy('low');
    await pass(1);
    expect(one.holder.wish).toEqual({ ...whole, paused: true });
    expect(adapter.isStarved).toBe(true);
    adapter.setStrategy(undefined);
    expect([one.holder.wish, two.holder.wish]).toEqual([whole, whole]);
    expect(adapter.isStarved).toBe(false);
    expect(one.holder.weight).toBe(1);
  });

  it('are asked for their layers once in a while, however many connections look', async () => {
    const { clock, pass } = begin();
    const rates = new LayerRates({ clock });
    const pictures = new PicturesOf({ clock });
    const one = video('one');
    const adapters = [1, 2, 3].map(
      () => new Adapter({ clock, rates, pictures }, { estimate: async () => 1_000_000 }),
    );
    for (const adapter of adapters) {
      adapter.setStrategy('high');
      adapter.set(one.adapted, {});
    }
    await pass(5);
    expect(one.holder.asked).toBe(5);
    adapters.forEach((adapter) => adapter.close());
    await pass(5);
    expect(one.holder.asked).toBe(5);
  });
});

describe('the ear of a client', () => {
  it('listens while its strategy has something for who speaks, and once only', () => {
    const told: string[] = [];
    const heard: string[] = [];
    const ear = new SpeakerEar(
      {
        sound: {
          listen: (roomId, name, listener) => {
            told.push(`${name} in ${roomId}`);
            listener.speaker(roomId, 'stream');
          },
          forget: (name) => told.push(`not ${name}`),
        },
      },
      { clientId: 'ann', onSpeaker: (streamId) => heard.push(streamId) },
    );
    ear.setStrategy('speaker');
    expect(told).toEqual([]);
    ear.in('room');
    expect(told).toEqual(['strategy of ann in room']);
    expect(heard).toEqual(['stream']);
    ear.setStrategy('high');
    expect(told.at(-1)).toBe('not strategy of ann');
  });
});
