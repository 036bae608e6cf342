interface Track {
  readonly muted: boolean;
  addEventListener(type: 'mute' | 'unmute', listener: () => void): void;
}

interface Media {
  getVideoTracks(): readonly Track[];
  addEventListener(type: 'addtrack' | 'removetrack', listener: () => void): void;
}

/**
 * Tells whether pictures arrive, at each change: a track is muted while nothing of it does (W3C mediacapture-streams,
 * section 4.3.1). A stream that comes another way has another track then, and for a moment both.
 */
export function watchPictures(media: Media, tell: (arrive: boolean) => void): void {
  const watched = new WeakSet<Track>();
  const look = (): void => {
    const tracks = media.getVideoTracks();
    tell(tracks.length === 0 || tracks.some(({ muted }) => !muted));
  };
  const watch = (): void => {
    for (const track of media.getVideoTracks().filter((one) => !watched.has(one))) {
      watched.add(track);
      track.addEventListener('mute', look);
      track.addEventListener('unmute', look);
    }
  };
  watch();
  media.addEventListener('addtrack', () => {
    watch();
    look();
  });
  media.addEventListener('removetrack', look);
}
