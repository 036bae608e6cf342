import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { signGrant } from '../../protocol/grant.ts';
import { limits } from '../../protocol/limits.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import type { EdgeLog } from '../log.ts';
import type { Alarms } from './alarms.ts';
import type { RoomDirectory } from './room-directory.ts';
import type { RoomStore } from './room-store.ts';

export interface RoomGrantsComponents {
  readonly store: RoomStore;
  readonly alarms: Pick<Alarms<'grants'>, 'arm'>;
  readonly directory: RoomDirectory;
  /** The room; undefined where it was deleted. */
  readonly room: () => RoomAnswer | undefined;
  /** Whose the room is. */
  readonly serviceId: () => string;
  readonly now: () => number;
  readonly log: EdgeLog;
}

const renewal_ms = (limits.grant_ttl_s * 1_000) / 2;

/** Signs whose the room is and between which places its media may go, and tells its controllers when that changes. */
export class RoomGrants {
  readonly #parts: RoomGrantsComponents;
  readonly #key: TicketPrivateKey;

  constructor(components: RoomGrantsComponents, options: { key: TicketPrivateKey }) {
    this.#parts = components;
    this.#key = options.key;
  }

  /** For a controller that holds the room from now on, and is told of the next ones. */
  async give(): Promise<string> {
    const { alarms, room, now } = this.#parts;
    await alarms.arm('grants', now() + renewal_ms);
    // As it is now: its pin may have changed meanwhile, and the epoch with it.
    const open = room();
    if (open === undefined) {
      throw new RizomaError('not_found', 'Room does not exist');
    }
    return await this.#sign(open);
  }

  /** The pin of the room is another one: grants of before are worth less than the one that is told now. */
  async change(room: RoomAnswer): Promise<void> {
    const { store, log } = this.#parts;
    const epoch = store.grantEpoch() + 1;
    store.saveGrantEpoch(epoch);
    await this.#tell(room);
    log.info('the grant of a room has changed', { roomId: room._id, epoch });
  }

  /** Tells the controllers of a grant that is good for longer. Answers when to do it again. */
  async renew(): Promise<number | undefined> {
    const { directory, room, now } = this.#parts;
    const open = room();
    if (open === undefined || directory.holders().length === 0) {
      return undefined;
    }
    await this.#tell(open);
    return now() + renewal_ms;
  }

  async #tell(room: RoomAnswer): Promise<void> {
    const grant = await this.#sign(room);
    const { directory } = this.#parts;
    directory.tell(directory.holders(), {
      method: 'room.granted',
      params: { roomId: room._id, grant },
    });
  }

  #sign({ _id: roomId, regions, jurisdiction }: RoomAnswer): Promise<string> {
    const { store, serviceId, now } = this.#parts;
    const pin = {
      ...(regions === undefined ? {} : { regions }),
      ...(jurisdiction === undefined ? {} : { jurisdiction }),
    };
    const grant = { roomId, serviceId: serviceId(), ...pin, epoch: store.grantEpoch() };
    return signGrant(this.#key, grant, now());
  }
}
