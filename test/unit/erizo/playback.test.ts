import { describe, expect, it } from 'vitest';
import type { Consumer, MediaKind } from '../../../nodes/erizo/media.ts';
import { Playback } from '../../../nodes/erizo/playback.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** A consumer that writes down what it is told. */
function consumer(kind: MediaKind) {
  const told: string[] = [];
  const tell = async (what: string): Promise<void> => void told.push(what);
  const made: Consumer = {
    kind,
    rtpParameters: { codecs: [] },
    pause: () => tell('pause'),
    resume: () => tell('resume'),
    requestKeyFrame: () => tell('key frame'),
    setLayers: ({ spatial, temporal }) => tell(`layers ${spatial} ${temporal}`),
    setPriority: (weight) => tell(`priority ${weight}`),
    onKeyFrame: () => () => undefined,
    onFirstPacket: () => undefined,
    stats: async () => [],
    close: () => told.push('close'),
  };
  return { made, told };
}

function begin() {
  const clock = new VirtualClock();
  const [audio, video] = [consumer('audio'), consumer('video')];
  const playback = new Playback({ clock });
  const start = (): void => playback.start([audio.made, video.made]);
  const told = () => ({ audio: audio.told.splice(0), video: video.told.splice(0) });
  return { clock, playback, start, told };
}

describe('the playback of a stream', () => {
  it('tells its tracks nothing where nothing is wished', () => {
    const { playback, start, told } = begin();
    playback.configure({});
    start();
    expect(told()).toEqual({ audio: [], video: [] });
    expect(playback.wantsMedia).toBe(true);
  });

  it('begins as it was wished before it began', () => {
    const { playback, start, told } = begin();
    playback.configure({ muteStream: { audio: true, video: false }, qualityLayer: { spatial: 0 } });
    expect(playback.wantsMedia).toBe(false);
    start();
    expect(told()).toEqual({ audio: ['pause'], video: ['layers 0 7'] });
    expect(playback.wantsMedia).toBe(true);
  });

  it('resumes only what nobody pauses any more', () => {
    const { playback, start, told } = begin();
    start();
    playback.configure({ muteStream: { audio: true, video: true } });
    expect(told()).toEqual({ audio: ['pause'], video: ['pause'] });
    expect(playback.wantsMedia).toBe(false);
    playback.configure({ muteStream: { audio: false, video: true } });
    expect(told()).toEqual({ audio: ['resume'], video: [] });
    playback.configure({});
    expect(told()).toEqual({ audio: [], video: ['resume'] });
  });

  it('says each choice of layers once', () => {
    const { playback, start, told } = begin();
    start();
    playback.configure({ qualityLayer: { spatial: 1, temporal: 0 } });
    playback.configure({ qualityLayer: { spatial: 1, temporal: 0 }, slideShow_ms: 0 });
    playback.configure({ qualityLayer: {} });
    expect(told().video).toEqual(['layers 1 0', 'layers 7 7']);
  });

  it('of slides has one in each period, none while it is muted, and all frames after them', () => {
    const { clock, playback, start, told } = begin();
    start();
    playback.configure({ slideShow_ms: 2_000 });
    expect(told()).toEqual({ audio: [], video: ['pause', 'resume'] });
    clock.advance(4_000);
    expect(told().video).toEqual(['resume', 'resume']);
    playback.configure({ slideShow_ms: 2_000, muteStream: { audio: false, video: true } });
    clock.advance(4_000);
    expect(told().video).toEqual(['pause']);
    playback.configure({});
    clock.advance(4_000);
    expect(told().video).toEqual(['resume']);
    expect(clock.pending).toBe(0);
  });
});
