import type { Playback, RemoteStream, Room, RoomEvents } from '../sdk/index.ts';
import { RizomaError } from '../sdk/index.ts';
import type { Grid } from './grid.ts';
import type { Notices } from './notices.ts';
import { cameraLayers, playbackFor } from './playback.ts';
import { watchPictures } from './pictures.ts';
import type { Participant } from './roster.ts';
import { Tile } from './tile.ts';

export interface CallComponents {
  readonly room: Room;
  readonly grid: Grid;
  readonly notices: Notices;
}

export interface CallOptions {
  name: string;
  /** Who is here has changed. */
  onChange: (participants: readonly Participant[]) => void;
  /** The room is over for us, by itself. */
  onOver: (reason: string, code: string) => void;
}

/** A room on the page: each stream a tile, each trouble a notice. */
export class Call {
  readonly #room: Room;
  readonly #grid: Grid;
  readonly #notices: Notices;
  readonly #options: CallOptions;

  private constructor(components: CallComponents, options: CallOptions) {
    this.#room = components.room;
    this.#grid = components.grid;
    this.#notices = components.notices;
    this.#options = options;
  }

  static create(components: CallComponents, options: CallOptions): Call {
    const call = new Call(components, options);
    call.#start();
    return call;
  }

  /** Sends what camera and microphone give. */
  async publish(media: MediaStream): Promise<void> {
    try {
      const attributes = { name: this.#options.name };
      const stream = await this.#room.publish(media, { attributes, layers: cameraLayers });
      stream.on('live', () => this.#notices.clear('own'));
    } catch (error) {
      this.#showFailed('own', 'The others cannot see you', error);
    }
  }

  #start(): void {
    const room = this.#room;
    for (const stream of room.streams.values()) {
      this.#add(stream);
    }
    room.on('stream-added', (stream) => this.#add(stream));
    room.on('stream-removed', (stream) => this.#remove(stream));
    room.on('stream-failed', (failure) => this.#handleFailed(failure));
    room.on('active-speaker', ({ streamId }) => {
      const isOwn = room.localStreams.some(({ id }) => id === streamId);
      this.#grid.showSpeaker(isOwn ? 'own' : streamId);
    });
    room.on('last-n', ({ streamIds }) => {
      for (const { id } of room.streams.values()) {
        this.#grid.get(id)?.setShown(streamIds.includes(id));
      }
    });
    room.on('reconnecting', ({ reason }) => {
      const words = 'The connection was lost. Reconnecting…';
      this.#notices.show('connection', { level: 'warning', words, code: reason });
    });
    room.on('reconnected', () => this.#notices.clear('connection'));
    room.on('disconnected', ({ reason, code }) => this.#options.onOver(reason, code));
    this.#changed();
  }

  #add(stream: RemoteStream): void {
    const tile = Tile.remote({ id: stream.id, name: nameOf(stream), region: stream.region });
    this.#grid.add(stream.id, tile);
    this.#changed();
    if (stream.kinds.length === 0) {
      tile.setNote('no picture, no sound');
      return;
    }
    tile.setNote('connecting…');
    tile.watchWidth((width_px) => fit(stream, playbackFor(width_px)));
    stream.on('media', (media) => this.#play(tile, media));
    this.#room.subscribe(stream).catch((error: unknown) => {
      // A stream that left meanwhile has no tile any more either.
      if (this.#room.streams.has(stream.id)) {
        tile.setNote(error instanceof RizomaError ? error.message : 'it cannot be shown');
      }
    });
  }

  #play(tile: Tile, media: MediaStream): void {
    const [picture] = media.getVideoTracks();
    tile.setNote(picture === undefined ? 'sound only' : 'connecting…');
    if (picture !== undefined) {
      tile.video.addEventListener('playing', () => tile.setNote(''), { once: true });
    }
    watchPictures(media, (arrive) => tile.setMuted(arrive ? '' : 'no picture arrives'));
    void tile.play(media).then((withSound) => {
      if (!withSound) {
        this.#offerSound();
      }
    });
  }

  #offerSound(): void {
    this.#notices.show('sound', {
      level: 'info',
      words: 'Your browser keeps the sound off until you click.',
      action: {
        label: 'Turn the sound on',
        run: () => {
          this.#grid.unmute();
          this.#notices.clear('sound');
        },
      },
    });
  }

  #remove(stream: RemoteStream): void {
    this.#grid.remove(stream.id);
    this.#notices.clear(stream.id);
    this.#changed();
  }

  #handleFailed({ stream, error }: RoomEvents['stream-failed']): void {
    const remote = [...this.#room.streams.values()].find((other) => other === stream);
    if (remote === undefined) {
      this.#showFailed('own', 'The others cannot see you any more', error);
      return;
    }
    this.#grid.get(remote.id)?.setNote('connection lost');
    this.#showFailed(remote.id, `${nameOf(remote)} cannot be shown`, error);
  }

  #showFailed(topic: string, words: string, error: unknown): void {
    const known = error instanceof RizomaError ? error : undefined;
    this.#notices.show(topic, {
      level: 'error',
      words: known === undefined ? `${words}.` : `${words}: ${known.message}.`,
      code: known?.code,
    });
  }

  #changed(): void {
    const others = [...this.#room.streams.values()].map((stream) => ({
      name: nameOf(stream),
      region: stream.region ?? 'somewhere',
    }));
    this.#options.onChange([
      { name: `${this.#options.name} (you)`, region: this.#room.region },
      ...others,
    ]);
  }
}

/** Its layers follow the tile; nobody sends what nobody has a use for. */
function fit(stream: RemoteStream, playback: Playback): void {
  if (playback.maxSpatial !== stream.playback.maxSpatial) {
    stream.setPlayback(playback);
  }
}

/** What its publisher says that it is called; anybody may say anything. */
function nameOf(stream: RemoteStream): string {
  const name = stream.attributes['name'];
  return typeof name === 'string' && name !== '' ? name.slice(0, 64) : 'guest';
}
