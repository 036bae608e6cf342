import { describe, expect, it } from 'vitest';
import { Changeover } from '../../../nodes/erizo/changeover.ts';
import type { Consumer, MediaKind, Producer } from '../../../nodes/erizo/media.ts';
import type { SectionOwner } from '../../../nodes/erizo/slot.ts';
import { Slots } from '../../../nodes/erizo/slots.ts';

const kinds = ['audio', 'video'] as const;

/** A track on its way to a client, and what a test sees and does of it. */
class Sent implements Consumer {
  readonly kind: MediaKind;
  readonly rtpParameters = { codecs: [] };
  isPaused = true;
  isClosed = false;
  layers: unknown;
  /** Its first packet goes out, or that of its key frame. */
  begin: () => void = () => undefined;

  constructor(kind: MediaKind) {
    this.kind = kind;
  }

  pause = (): Promise<void> => Promise.resolve();
  resume = (): Promise<void> => {
    this.isPaused = false;
    return Promise.resolve();
  };
  requestKeyFrame = (): Promise<void> => Promise.resolve();
  setLayers = (layers: unknown): Promise<void> => {
    this.layers = layers;
    return Promise.resolve();
  };
  setPriority = (): Promise<void> => Promise.resolve();
  onKeyFrame = (listener: () => void): (() => void) => {
    this.begin = listener;
    return () => undefined;
  };
  onFirstPacket = (listener: () => void): void => {
    this.begin = listener;
  };
  stats = () => Promise.resolve([]);
  close = (): void => {
    this.isClosed = true;
  };
}

const owner: SectionOwner = {
  streamId: '1',
  refused: () => undefined,
  mediaBegan: () => undefined,
};

/** A stream that is sent in two sections and is about to come from elsewhere. */
function begin(plays: Partial<Record<MediaKind, boolean>> = {}) {
  const slots = new Slots();
  const old = kinds.map((kind) => {
    const slot = slots.reserve(owner, kind);
    slot.consumer = new Sent(kind);
    slots.add(slot);
    return slot.consumer as Sent;
  });
  const made: Sent[] = [];
  const consume = (id: string): Promise<Consumer> => {
    const sent = new Sent(id === 'audio' ? 'audio' : 'video');
    made.push(sent);
    return Promise.resolve(sent);
  };
  const producers = kinds.map((kind) => ({ id: kind, kind }) as Producer);
  const changeover = Changeover.create(
    { transport: Promise.resolve({ consume }), slots },
    {
      owner,
      producers: Promise.resolve(producers),
      plays: { audio: true, video: true, ...plays },
      layers: { spatial: 0, temporal: 2 },
      rtx: true,
    },
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const sent = (): (Consumer | undefined)[] => slots.all.map(({ consumer }) => consumer);
  return { slots, old, made, changeover, settled, sent };
}

describe('tracks that go over to other producers', () => {
  it('stay until a key frame of the new ones goes out, and sound until its first packet after that', async () => {
    const { old, made, changeover, settled, sent } = begin();
    await settled();
    const [audio, video] = made;
    expect(sent()).toEqual(old);
    expect([audio?.isPaused, video?.isPaused]).toEqual([true, false]);
    expect(video?.layers).toEqual({ spatial: 0, temporal: 2 });

    video?.begin();
    await settled();
    expect(sent()).toEqual([old[0], video]);
    expect([old[0]?.isClosed, old[1]?.isClosed, audio?.isPaused]).toEqual([false, true, false]);

    audio?.begin();
    await changeover.over;
    expect(sent()).toEqual([audio, video]);
    expect(old[0]?.isClosed).toBe(true);
  });

  it('go over at once where nothing of them is sent', async () => {
    const { made, changeover, sent } = begin({ audio: false, video: false });
    await changeover.over;
    expect(sent()).toEqual(made);
    expect(made.map(({ isPaused }) => isPaused)).toEqual([true, true]);
  });

  it('go over without a picture when none is waited for any more', async () => {
    const { made, changeover, settled, sent } = begin();
    await settled();
    changeover.finish();
    await changeover.over;
    expect(sent()).toEqual(made);
    expect(made.map(({ isPaused }) => isPaused)).toEqual([false, false]);
  });

  it('stay as they are, and nothing is left, where it is given up or their owner goes', async () => {
    for (const why of ['cancelled', 'gone'] as const) {
      const { slots, old, made, changeover, settled, sent } = begin();
      await settled();
      if (why === 'cancelled') {
        changeover.cancel();
      } else {
        slots.free(owner);
        made.find(({ kind }) => kind === 'video')?.begin();
      }
      await expect(changeover.over).rejects.toMatchObject({ code: 'cancelled' });
      expect(made.map(({ isClosed }) => isClosed)).toEqual([true, true]);
      expect(sent()).toEqual(why === 'cancelled' ? old : [undefined, undefined]);
    }
  });
});
