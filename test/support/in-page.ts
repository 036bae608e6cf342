/** What participants look at in their page; each runs there and so may use nothing from outside. */

/** Whether the page plays this many streams of others. */
export function playsStreams(count: number): boolean {
  const videos = [...document.querySelectorAll<HTMLVideoElement>('video[data-stream]')];
  return videos.length === count && videos.every((video) => video.videoWidth > 0 && !video.paused);
}

/** Regions of the streams that the page shows. */
export function regionsShown(): string[] {
  const videos = [...document.querySelectorAll<HTMLVideoElement>('video[data-stream]')];
  return videos.map((video) => video.dataset['region'] ?? '');
}

/** How bright each picture of the others is, from 0 to 255; one that is switched off is black. */
export function brightness(): number[] {
  const videos = [...document.querySelectorAll<HTMLVideoElement>('video[data-stream]')];
  return videos.map((video) => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [16, 16];
    const context = canvas.getContext('2d');
    context?.drawImage(video, 0, 0, 16, 16);
    const { data } = context?.getImageData(0, 0, 16, 16) ?? { data: [0] };
    return Math.max(...[...data].filter((_, index) => index % 4 !== 3));
  });
}
