import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Caller } from '../link/keyring.ts';
import { erizoDefaults } from './config.ts';
import type { AdmittedRoom, Guard } from './guard.ts';

interface RoomUnderGrant {
  readonly roomId: string;
  readonly grant: string;
}

/**
 * The rooms whose grant a controller has shown. Media of no other room goes in or out for it. A grant is checked once, as a room
 * has many calls and its grant changes twice a day.
 */
export class GrantedRooms {
  readonly #guard: Guard;
  readonly #clock: Clock;
  readonly #caller: Caller;
  /** The room whose grant was shown last is at the end. */
  readonly #shown = new Map<string, { grant: string; room: Promise<AdmittedRoom> }>();
  readonly #rooms = new Map<string, AdmittedRoom>();

  constructor(components: { guard: Guard; clock: Clock }, options: { caller: Caller }) {
    this.#guard = components.guard;
    this.#clock = components.clock;
    this.#caller = options.caller;
  }

  /** The service whose the room is. Throws as `Guard.admit` does, and where the call was given up meanwhile. */
  async demand(room: RoomUnderGrant, signal?: AbortSignal): Promise<string> {
    const { serviceId } = await this.#find(room);
    signal?.throwIfAborted();
    return serviceId;
  }

  /** Whether a grant of the room was shown that is still good. */
  has(roomId: string): boolean {
    const room = this.#rooms.get(roomId);
    return room !== undefined && this.#isGood(roomId, room);
  }

  async #find(asked: RoomUnderGrant): Promise<AdmittedRoom> {
    const shown = this.#shown.get(asked.roomId);
    if (shown?.grant === asked.grant) {
      const room = await shown.room;
      if (this.#isGood(asked.roomId, room)) {
        return room;
      }
    }
    return await this.#check(asked);
  }

  async #check(asked: RoomUnderGrant): Promise<AdmittedRoom> {
    const { roomId, grant } = asked;
    const entry = { grant, room: this.#guard.admit(asked, this.#caller) };
    this.#shown.delete(roomId);
    this.#shown.set(roomId, entry);
    this.#forgetEldest();
    try {
      const room = await entry.room;
      this.#rooms.set(roomId, room);
      return room;
    } catch (thrown) {
      // It may be let in later: this process may know no key yet.
      if (this.#shown.get(roomId) === entry) {
        this.#forget(roomId);
      }
      throw thrown;
    }
  }

  #isGood(roomId: string, { epoch, expires_ms }: AdmittedRoom): boolean {
    return this.#guard.isNewest(roomId, epoch) && expires_ms > this.#clock.date();
  }

  #forgetEldest(): void {
    const [eldest] = this.#shown.keys();
    if (eldest !== undefined && this.#shown.size > erizoDefaults.rememberedRooms) {
      this.#forget(eldest);
    }
  }

  #forget(roomId: string): void {
    this.#shown.delete(roomId);
    this.#rooms.delete(roomId);
  }
}

/** Throws `forbidden` for a controller of another region: streams go there between processes, each under a grant. */
export function demandSameRegion(caller: Caller, region: string): void {
  if (caller.region !== region) {
    throw new RizomaError(
      'forbidden',
      `the controller of ${caller.nodeId} is in ${caller.region}: it has processes of its own there`,
    );
  }
}
