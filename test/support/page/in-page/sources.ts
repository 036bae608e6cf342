/** What a test's page publishes. */
export type Source = 'camera' | 'screen' | 'sound';

/** Small and slow: the encoders of all pages share the machine with the system under test. */
const defaultCamera = { width: 320, height: 240, frameRate: 15 };

/** Media of a source; `camera` replaces the default picture of the camera. */
export function openSource(source: Source, camera?: MediaTrackConstraints): Promise<MediaStream> {
  switch (source) {
    case 'camera':
      return navigator.mediaDevices.getUserMedia({ audio: true, video: camera ?? defaultCamera });
    case 'sound':
      return navigator.mediaDevices.getUserMedia({ audio: true });
    case 'screen':
      return Promise.resolve(openScreen());
  }
}

/** A canvas in the place of a screen, which headless browsers do not have: a clock runs on it. */
function openScreen(): MediaStream {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [480, 270];
  const context = canvas.getContext('2d');
  let ticks = 0;
  const paint = (): void => {
    ticks += 1;
    if (context !== null) {
      context.fillStyle = ticks % 2 === 0 ? '#fff' : '#ccc';
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.fillStyle = '#000';
      context.font = '64px sans-serif';
      context.fillText(String(ticks), 40, 150);
    }
  };
  paint();
  // It runs until the page closes.
  setInterval(paint, 100);
  const media = canvas.captureStream(10);
  for (const track of media.getVideoTracks()) {
    track.contentHint = 'detail';
  }
  return media;
}
