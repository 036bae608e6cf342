import type { Clock } from '../../protocol/clock.ts';
import { workerClock } from '../worker-clock.ts';
import { newUuid } from '../../protocol/ids.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { intersectPins } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { Reentry } from '../../protocol/reentry.ts';
import { limits } from '../../protocol/limits.ts';
import type { Config } from '../config.ts';
import { configOf } from '../config.ts';
import { meshPicturesOf, outliving } from '../objects/mesh-of-isolate.ts';
import { admitted } from '../objects/admission.ts';
import type { Admission } from '../objects/api.ts';
import { MeshView } from '../objects/mesh-view.ts';
import { openPass } from '../objects/open-pass.ts';
import { RoomPictures } from '../objects/room-pictures.ts';
import type { Bindings } from '../objects/stubs.ts';
import { roomOf } from '../objects/stubs.ts';
import { hasLeft } from '../room/leavings.ts';
import type { MeshPicture } from '../placement/snapshot.ts';
import { isRemoved } from '../room/removals.ts';
import type { LastPresence } from './last-presence.ts';

const defaults = {
  /** Pictures of rooms, as JSON: an eighth of what an isolate has, as their objects take some of that again. */
  pictures_bytes: 16 * 1024 * 1024,
  /** Rooms whose viewers this isolate counts on their way. */
  rooms: 256,
  /** Viewers on their way to all of them, some 150 bytes each; a burst of this size fills many nodes. */
  onTheWay: 16_384,
} as const;

/**
 * Lets in those who hold a pass, and those who were in the room and lost their controller, without the room: its viewers are placed by a picture of it that an
 * isolate keeps for some seconds, and counted on their way by each isolate for itself.
 */
export class PassHolders {
  readonly #env: Bindings;
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #pictures: RoomPictures;
  /** By room, the one that was joined last at the end. */
  readonly #views = new Map<string, MeshView>();

  constructor(components: { env: Bindings; config: Config; clock: Clock }) {
    this.#env = components.env;
    this.#config = components.config;
    this.#clock = components.clock;
    this.#pictures = new RoomPictures(
      {
        room: (roomId) => ({ picture: () => outliving(roomOf(this.#env, roomId).picture()) }),
        clock: this.#clock,
      },
      { most_bytes: defaults.pictures_bytes },
    );
  }

  /** Throws as `openPass`, and as placement does. */
  async admit(request: {
    tokenId: string;
    pass: string;
    place: Place | undefined;
  }): Promise<Admission> {
    const { pass, roomId, pin, holders } = await openPass(
      {
        pictures: this.#pictures,
        keys: this.#config.publicKeys,
        now: () => this.#clock.date(),
      },
      request,
    );
    const view = this.#view(roomId);
    const placement = await view.place({ pin, place: request.place ?? pass.place, holders });
    view.assign(newUuid(), placement);
    const { userName, role, epoch } = pass;
    const terms = { pin: pass.pin, place: pass.place, epoch };
    return admitted({ userName, role, terms }, placement);
  }

  /**
   * Of somebody who was last in the room then. Throws `token_revoked`, also for who has left, `forbidden` for who was
   * removed, `not_found`, and as placement does.
   */
  async readmit({
    reentry,
    last,
    place,
  }: {
    reentry: Reentry;
    last: LastPresence;
    place: Place | undefined;
  }): Promise<Admission> {
    const { clientId, roomId, userName, role, pin, epoch } = reentry;
    const picture = await this.#pictures.of(roomId, { epoch });
    if (picture.epoch !== epoch) {
      throw new RizomaError(
        'token_revoked',
        'the tokens of the room were revoked: ask for another',
      );
    }
    if (isRemoved(picture.removals, reentry)) {
      throw new RizomaError('forbidden', 'you were removed from the room');
    }
    if (hasLeft(picture.leavings, { clientId, ...last })) {
      throw new RizomaError('token_revoked', 'you have left the room: join with another token');
    }
    const view = this.#view(roomId);
    // A picture of the mesh that is kept may be older than the loss that brings this participant here.
    refuseRevoked(await view.freshSnapshot(), last);
    const wish = {
      pin: intersectPins(picture.pin, pin),
      place: place ?? reentry.place,
      holders: picture.holders,
    };
    const placement = await view.place(wish, clientId);
    view.assign(clientId, placement);
    const terms = { pin, place: reentry.place, epoch };
    return admitted({ userName, role, terms }, placement);
  }

  #view(roomId: string): MeshView {
    const view = this.#views.get(roomId) ?? this.#newView();
    this.#views.delete(roomId);
    this.#views.set(roomId, view);
    this.#forgetEldest();
    return view;
  }

  /** Of too many rooms, or of too many viewers on their way, those of the rooms that nobody joined lately. */
  #forgetEldest(): void {
    let onTheWay = [...this.#views.values()].reduce((sum, view) => sum + view.onTheWay, 0);
    for (const [roomId, view] of this.#views) {
      const isMuch = this.#views.size > defaults.rooms || onTheWay > defaults.onTheWay;
      if (!isMuch || this.#views.size === 1) {
        return;
      }
      onTheWay -= view.onTheWay;
      this.#views.delete(roomId);
    }
  }

  #newView(): MeshView {
    const random = (): number => Math.random();
    const pictures = meshPicturesOf(this.#env);
    const { placement: policy } = this.#config;
    return new MeshView({ pictures, clock: this.#clock, random }, { policy });
  }
}

/** A node that was revoked cannot keep anybody in; what it stamped before counts, as its clients move. */
function refuseRevoked({ revoked }: MeshPicture, { peerId, presentAt_ms }: LastPresence): void {
  const key = revoked.find((one) => one.peerId === peerId);
  if (key !== undefined && presentAt_ms > key.at_ms + limits.clockSkew_s * 1000) {
    throw new RizomaError('token_forged', 'the node that signed the stamp had been revoked');
  }
}

const known = new WeakMap<object, PassHolders>();

/** The one of this isolate. */
export function passHoldersOf(env: Bindings): PassHolders {
  const holders =
    known.get(env) ??
    new PassHolders({
      env,
      config: configOf(env),
      clock: workerClock,
    });
  known.set(env, holders);
  return holders;
}
