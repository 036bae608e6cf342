import type {} from '../../../../client/page/hooks.ts';
import type * as Sdk from '../../../../client/sdk/index.ts';
import { Connections } from './connections.ts';
import type { Picture } from './pictures.ts';
import { Pictures } from './pictures.ts';
import type { Source } from './sources.ts';
import { openSource } from './sources.ts';

declare global {
  interface Window {
    /** The SDK as an app's page imports it from the edge. */
    sdk: typeof Sdk;
    /** What a `Participant` drives in its page. */
    client: PageClient;
  }
}

export interface JoinWish {
  readonly token: string;
  readonly options?: Sdk.JoinOptions;
  /** Whether every stream of the others is subscribed to and shown as soon as it is in the room. */
  readonly playsAll: boolean;
}

export interface PublishWish {
  readonly source?: Source;
  readonly camera?: MediaTrackConstraints;
  readonly layers?: Sdk.LayerCount;
  readonly attributes?: Record<string, unknown>;
}

/** A remote stream: what the page shows of it, and what its connections have received. */
export interface Played extends Picture {
  /** Undefined if the stream has no audio. */
  readonly sound: Sdk.AudioStats | undefined;
  /** Frames decoded, and their width. */
  readonly decoded: { readonly frames: number; readonly width: number };
}

/** From the wish to watch a stream of the room to its media, in ms. */
export interface Watched {
  /** Until `subscribe()` has answered. */
  readonly subscribe_ms: number;
  /** Until the first frame is shown; 0 if that was not waited for. */
  readonly frame_ms: number;
}

/** A client of the SDK in a page, and everything that the page shows. */
export class PageClient {
  readonly connections = Connections.install();
  readonly pictures = new Pictures();
  /** Events of the room in order: `added ID`, `removed ID`, `reconnecting: REASON`, `moved: REGION`, ... */
  readonly heard: string[] = [];
  #joined: Sdk.Room | undefined;
  #camera: MediaStream | undefined;

  /** The room of this client or, in the demo page, that of the page. */
  get room(): Sdk.Room {
    const room = this.#joined ?? window.rizoma?.room;
    if (room === undefined) {
      throw new Error('the page has joined no room');
    }
    return room;
  }

  /** Joins; answers the milliseconds that took. Streams that are in the room already are heard as `found ID`. */
  async join({ token, options, playsAll }: JoinWish): Promise<number> {
    const began_ms = performance.now();
    const room = await window.sdk.join({ token }, options ?? {});
    const took_ms = performance.now() - began_ms;
    this.#joined = room;
    this.#follow(room, playsAll);
    for (const stream of room.streams.values()) {
      this.heard.push(`found ${stream.id}`);
      if (playsAll) {
        this.#play(stream).catch(() => undefined);
      }
    }
    return took_ms;
  }

  leave(): void {
    this.#joined?.leave();
    this.#joined = undefined;
    document.querySelectorAll('video[data-stream]').forEach((video) => video.remove());
  }

  /** Opens the camera and keeps it, so that publishing does not wait for it. */
  async openCamera(camera?: MediaTrackConstraints): Promise<void> {
    this.#camera = await openSource('camera', camera);
  }

  /** Publishes a source, or a clone of the camera that is kept open; answers the stream's id and the time in ms. */
  async publish(wish: PublishWish): Promise<{ id: string; took_ms: number }> {
    const { source = 'camera', camera, layers, attributes } = wish;
    const kept = source === 'camera' && camera === undefined ? this.#camera?.clone() : undefined;
    const media = kept ?? (await openSource(source, camera));
    const began_ms = performance.now();
    const stream = await this.room.publish(media, {
      ...(layers === undefined ? {} : { layers }),
      ...(attributes === undefined ? {} : { attributes }),
    });
    const took_ms = performance.now() - began_ms;
    if (stream.id === undefined) {
      throw new Error('the published stream has no id');
    }
    return { id: stream.id, took_ms };
  }

  async unpublish(id: string): Promise<void> {
    const stream = this.room.localStreams.find((one) => one.id === id);
    if (stream === undefined) {
      throw new Error(`this client publishes no stream ${id}: ${this.own.join(', ')}`);
    }
    await this.room.unpublish(stream);
  }

  /** Ids of the streams that this client publishes. */
  get own(): string[] {
    return this.room.localStreams.map(({ id }) => id ?? '');
  }

  /** Ids of the streams of the others, in the order in which they came. */
  get streams(): string[] {
    return [...this.room.streams.keys()];
  }

  subscribe(id: string): Promise<void> {
    return this.#play(this.#remote(id));
  }

  async unsubscribe(id: string): Promise<void> {
    await this.room.unsubscribe(this.#remote(id));
    document.querySelector(`video[data-stream="${id}"]`)?.remove();
  }

  setPlayback(id: string, playback: Sdk.Playback): void {
    this.#remote(id).setPlayback(playback);
  }

  /** Subscribes to the stream at a position of the room's list, from 0, once it is there, and shows it. */
  async watch(index: number, untilFrame: boolean): Promise<Watched> {
    const stream = await this.#streamAt(index);
    const video = this.pictures.create(stream.id, stream.region ?? '');
    const frame = new Promise((resolve) => {
      video.requestVideoFrameCallback(resolve);
    });
    const began_ms = performance.now();
    video.srcObject = await this.room.subscribe(stream);
    const subscribe_ms = performance.now() - began_ms;
    if (!untilFrame) {
      return { subscribe_ms, frame_ms: 0 };
    }
    await Promise.all([video.play(), frame]);
    return { subscribe_ms, frame_ms: performance.now() - began_ms };
  }

  /** Every stream that the page has an element for. */
  async played(): Promise<Played[]> {
    const { room } = this;
    const stats = await room.stats();
    return this.pictures.look().map((picture) => {
      const { audio, video } = stats.find(({ streamId }) => streamId === picture.streamId) ?? {};
      const hasAudio = room.streams.get(picture.streamId)?.audio === true;
      const sound = hasAudio ? (audio ?? { level: 0, energy: 0, bytes: 0 }) : undefined;
      const decoded = { frames: video?.frames ?? 0, width: video?.width ?? 0 };
      return { ...picture, sound, decoded };
    });
  }

  #remote(id: string): Sdk.RemoteStream {
    const stream = this.room.streams.get(id);
    if (stream === undefined) {
      throw new Error(`the room has no stream ${id}: ${this.streams.join(', ')}`);
    }
    return stream;
  }

  #streamAt(index: number): Promise<Sdk.RemoteStream> {
    const { room } = this;
    return new Promise((resolve) => {
      const look = (): void => {
        const stream = [...room.streams.values()][index];
        if (stream !== undefined) {
          stop();
          resolve(stream);
        }
      };
      const stop = room.on('stream-added', look);
      look();
    });
  }

  /** Resolves when the media is there. */
  async #play(stream: Sdk.RemoteStream): Promise<void> {
    const video = this.pictures.create(stream.id, stream.region ?? '');
    stream.on('media', (media) => {
      // The element is gone once the stream was unsubscribed from.
      if (video.isConnected) {
        video.srcObject = media;
        // Media of a later event interrupts it.
        void video.play().catch(() => undefined);
      }
    });
    stream.on('ended', () => video.remove());
    await this.room.subscribe(stream);
  }

  #follow(room: Sdk.Room, playsAll: boolean): void {
    const { heard } = this;
    room.on('stream-added', (stream) => {
      heard.push(`added ${stream.id}`);
      if (playsAll) {
        this.#play(stream).catch(() => undefined);
      }
    });
    room.on('stream-removed', ({ id }) => heard.push(`removed ${id}`));
    room.on('stream-failed', ({ stream, error }) =>
      heard.push(`failed ${stream.id}: ${error.message}`),
    );
    room.on('reconnecting', ({ reason }) => heard.push(`reconnecting: ${reason}`));
    room.on('reconnected', () => heard.push('reconnected'));
    room.on('moved', ({ region }) => heard.push(`moved: ${region}`));
    room.on('disconnected', ({ code, reason }) => heard.push(`disconnected: ${code}: ${reason}`));
    room.on('last-n', ({ streamIds }) => heard.push(`last-n ${streamIds.toSorted().join(' ')}`));
  }
}

window.client = new PageClient();
