/** What a video element has shown since it was first observed. */
interface Shown {
  frames: number;
  /** RTP timestamps of the frames, in 1/90000 s; the browser leaves them out where it has none. */
  readonly rtpTimestamps: number[];
  shownAt_ms: number | undefined;
  longestPause_ms: number;
}

/** A stream's picture on the page. */
export interface Picture {
  readonly streamId: string;
  readonly region: string;
  /** 0 until the first frame. */
  readonly width: number;
  readonly isPlaying: boolean;
  /** Shown so far. */
  readonly frames: number;
}

/** The video elements of a page that play remote streams: `<video data-stream="ID">`. */
export class Pictures {
  readonly #shown = new WeakMap<HTMLVideoElement, Shown>();

  /** An element for a stream, at the end of the page. */
  create(streamId: string, region: string): HTMLVideoElement {
    const video = document.createElement('video');
    video.playsInline = true;
    video.dataset['stream'] = streamId;
    video.dataset['region'] = region;
    document.body.append(video);
    this.#observe(video);
    return video;
  }

  /** All pictures now. Frames of an element that the page created itself count from the first look. */
  look(): Picture[] {
    return this.#videos.map((video) => ({
      streamId: video.dataset['stream'] ?? '',
      region: video.dataset['region'] ?? '',
      width: video.videoWidth,
      isPlaying: video.videoWidth > 0 && !video.paused,
      frames: this.#observe(video).frames,
    }));
  }

  /** The brightest sample of each picture, 0 to 255; a camera that is switched off is black. */
  brightness(): number[] {
    return this.#videos.map((video) => {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [16, 16];
      const context = canvas.getContext('2d');
      context?.drawImage(video, 0, 0, 16, 16);
      const { data } = context?.getImageData(0, 0, 16, 16) ?? { data: [0] };
      return Math.max(...[...data].filter((_, index) => index % 4 !== 3));
    });
  }

  /** The longest time without a new frame in any picture since the last call, in ms. */
  takeLongestPause_ms(): number {
    const all = this.#videos.map((video) => this.#observe(video));
    const longest_ms = Math.max(0, ...all.map(({ longestPause_ms }) => longestPause_ms));
    for (const shown of all) {
      shown.longestPause_ms = 0;
    }
    return Math.round(longest_ms);
  }

  /** From each shown frame of a stream to the next, on the publisher's clock, in ms. */
  steps_ms(streamId: string): number[] {
    const video = this.#videos.find(({ dataset }) => dataset['stream'] === streamId);
    const stamps = video === undefined ? [] : this.#observe(video).rtpTimestamps;
    return stamps.slice(1).map((stamp, index) => Math.round((stamp - (stamps[index] ?? 0)) / 90));
  }

  get #videos(): HTMLVideoElement[] {
    return [...document.querySelectorAll<HTMLVideoElement>('video[data-stream]')];
  }

  #observe(video: HTMLVideoElement): Shown {
    const known = this.#shown.get(video);
    if (known !== undefined) {
      return known;
    }
    const shown: Shown = {
      frames: 0,
      rtpTimestamps: [],
      shownAt_ms: undefined,
      longestPause_ms: 0,
    };
    this.#shown.set(video, shown);
    const onFrame: VideoFrameRequestCallback = (now_ms, { rtpTimestamp }) => {
      shown.frames += 1;
      shown.longestPause_ms = Math.max(
        shown.longestPause_ms,
        now_ms - (shown.shownAt_ms ?? now_ms),
      );
      shown.shownAt_ms = now_ms;
      if (rtpTimestamp !== undefined) {
        shown.rtpTimestamps.push(rtpTimestamp);
      }
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
    return shown;
  }
}
