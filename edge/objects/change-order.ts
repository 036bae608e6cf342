import type { DirectoryChange } from '../../protocol/directory.ts';
import { limits } from '../../protocol/limits.ts';

interface Room {
  /** Calls about the room that are not answered yet. */
  calls: number;
  /** What came meanwhile, in the order of its versions. */
  held: DirectoryChange[];
}

/**
 * Changes of rooms in the order of their versions. A room pushes changes on one way and answers calls
 * on another, and one may overtake the other; a node that is told of them out of order would have to
 * ask for the whole directory. So what is pushed while a call is under way is held, and sent before
 * its answer or after it, as the versions say.
 */
export class ChangeOrder {
  readonly #rooms = new Map<string, Room>();

  /** A call about the room is under way. */
  begin(roomId: string): void {
    const room = this.#rooms.get(roomId) ?? { calls: 0, held: [] };
    room.calls += 1;
    this.#rooms.set(roomId, room);
  }

  /** Whether the change is held back; if not, it is to be sent now. */
  holds(roomId: string, change: DirectoryChange): boolean {
    const room = this.#rooms.get(roomId);
    // One that is too many is dropped: the node finds out by the version of the next.
    if (room !== undefined && room.held.length < limits.linkQueue_frames) {
      room.held.push(change);
      room.held.sort((a, b) => a.from - b.from);
    }
    return room !== undefined;
  }

  /** What is to be sent before an answer that starts from this version. */
  before(roomId: string, from: number): DirectoryChange[] {
    const held = this.#rooms.get(roomId)?.held ?? [];
    return held.splice(0, held.filter(({ version }) => version <= from).length);
  }

  /**
   * The call was answered with this version, or with an error: what is to be sent now. What does not
   * follow is held for the next answer, if there is one to come.
   */
  end(roomId: string, version: number | undefined): DirectoryChange[] {
    const room = this.#rooms.get(roomId);
    if (room === undefined) {
      return [];
    }
    room.calls -= 1;
    if (room.calls === 0) {
      this.#rooms.delete(roomId);
      return room.held;
    }
    let known = version;
    const follows = room.held.findIndex((change) => {
      const next = change.from === known;
      known = change.version;
      return !next;
    });
    return room.held.splice(0, follows < 0 ? room.held.length : follows);
  }
}
