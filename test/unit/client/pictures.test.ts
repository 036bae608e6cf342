import { describe, expect, it } from 'vitest';
import { watchPictures } from '../../../client/page/pictures.ts';

class Track extends EventTarget {
  muted: boolean;

  constructor(muted: boolean) {
    super();
    this.muted = muted;
  }

  mute(muted: boolean): void {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? 'mute' : 'unmute'));
  }
}

class Media extends EventTarget {
  tracks: Track[];

  constructor(...tracks: Track[]) {
    super();
    this.tracks = tracks;
  }

  getVideoTracks(): Track[] {
    return this.tracks;
  }

  add(track: Track): void {
    this.tracks = [...this.tracks, track];
    this.dispatchEvent(new Event('addtrack'));
  }

  remove(track: Track): void {
    this.tracks = this.tracks.filter((one) => one !== track);
    track.mute(true);
    this.dispatchEvent(new Event('removetrack'));
  }
}

function begin() {
  const first = new Track(false);
  const media = new Media(first);
  const told: boolean[] = [];
  watchPictures(media, (arrive) => told.push(arrive));
  return { first, media, told };
}

describe('the pictures of a MediaStream', () => {
  it('are told to arrive, and not to', () => {
    const { first, told } = begin();
    first.mute(true);
    first.mute(false);
    expect(told).toEqual([false, true]);
  });

  it('arrive while they go over to another track, and are told of by that then', () => {
    const { first, media, told } = begin();
    const second = new Track(true);
    media.add(second);
    second.mute(false);
    media.remove(first);
    expect(told).not.toContain(false);
    second.mute(true);
    expect(told.at(-1)).toBe(false);
  });
});
