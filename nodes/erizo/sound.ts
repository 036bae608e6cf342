import type { Observe, SoundListener } from './room-sound.ts';
import { RoomSound } from './room-sound.ts';
import type { Source } from './source.ts';

/** Who is heard in each room, of the streams that this process has. */
export class Sound {
  readonly #observe: Observe;
  readonly #rooms = new Map<string, RoomSound>();
  readonly #sources = new Map<string, Source>();

  constructor(components: { observe: Observe }) {
    this.#observe = components.observe;
  }

  /** The process has the stream; its tracks may come later. */
  added(source: Source): void {
    const { streamId, roomId, tracks } = source;
    if (this.#sources.get(streamId) === source) {
      return;
    }
    this.#sources.set(streamId, source);
    tracks.then(
      (all) => {
        if (this.#sources.get(streamId) === source) {
          const audio = all.filter(({ kind }) => kind === 'audio');
          this.#room(roomId).add(
            streamId,
            audio.map(({ id }) => id),
          );
        }
      },
      // Whoever waits for them hears why they do not come.
      () => undefined,
    );
  }

  removed(streamId: string): void {
    const roomId = this.#sources.get(streamId)?.roomId;
    this.#sources.delete(streamId);
    if (roomId !== undefined) {
      this.#rooms.get(roomId)?.remove(streamId);
      this.#dropIfIdle(roomId);
    }
  }

  listen(roomId: string, clientId: string, listener: SoundListener): void {
    this.#room(roomId).listen(clientId, listener);
  }

  /** The client has gone. */
  forget(clientId: string): void {
    for (const [roomId, room] of this.#rooms) {
      room.forget(clientId);
      this.#dropIfIdle(roomId);
    }
  }

  #room(roomId: string): RoomSound {
    const room = this.#rooms.get(roomId) ?? new RoomSound({ observe: this.#observe }, { roomId });
    this.#rooms.set(roomId, room);
    return room;
  }

  #dropIfIdle(roomId: string): void {
    if (this.#rooms.get(roomId)?.isIdle === true) {
      this.#rooms.delete(roomId);
    }
  }
}
