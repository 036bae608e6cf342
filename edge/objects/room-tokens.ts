import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { EdgeLog, Trace } from '../log.ts';
import type { Wish } from '../placement/scene.ts';
import { consumeToken, issueToken, usableToken } from '../room/tokens.ts';
import type { Admission, TokenRequest } from './api.ts';
import type { Alarms } from './alarms.ts';
import type { MeshView } from './mesh-view.ts';
import type { RoomStore } from './room-store.ts';

export interface RoomTokensComponents {
  readonly store: RoomStore;
  readonly mesh: MeshView;
  readonly alarms: Pick<Alarms<'tokens'>, 'arm'>;
  /** The room; throws `not_found` where it was deleted. */
  readonly open: () => RoomAnswer;
  /** Ids of the nodes that hold the room. */
  readonly holders: () => readonly string[];
  readonly now: () => number;
  readonly log: EdgeLog;
}

/** The tokens of one room: whom it lets in, and where they are sent. */
export class RoomTokens {
  readonly #parts: RoomTokensComponents;

  constructor(components: RoomTokensComponents) {
    this.#parts = components;
  }

  async issue(
    request: TokenRequest,
    trace: Trace | undefined,
  ): Promise<{ tokenId: string; host: string; secure: boolean }> {
    const { store, mesh, open, now, log } = this.#parts;
    const { userName, role, pin, location, caller } = request;
    const roomId = open()._id;
    const placement = await mesh.place(this.wish(pin, location ?? caller));
    const [first] = placement.entrances;
    if (first === undefined) {
      throw new RizomaError('internal', 'a placement without an entrance');
    }
    // It may have been deleted while Mesh was asked, and nobody could honour the token.
    open();
    const place = location === undefined ? {} : { place: location };
    const token = issueToken(roomId, { userName, role, pin, host: first.host, ...place }, now());
    store.saveToken(token);
    mesh.assign(token.tokenId, placement);
    await this.#parts.alarms.arm('tokens', token.expiresAt_ms);
    const { region } = first.card;
    log.info('a token was issued', { roomId, region, rule: placement.rule, ...trace });
    return { tokenId: token.tokenId, host: first.host, secure: first.card.secure };
  }

  async admit(
    request: { tokenId: string; place: Place | undefined },
    trace: Trace | undefined,
  ): Promise<Admission> {
    const { store, mesh, open, now, log } = this.#parts;
    const { tokenId } = request;
    const roomId = open()._id;
    const { pin, place } = usableToken(store.token(tokenId), now());
    const placement = await mesh.place(this.wish(pin, request.place ?? place), tokenId);
    // Read anew: another join may have used the token while Mesh was asked.
    const token = consumeToken(store.token(tokenId), { now_ms: now() });
    store.saveToken(token);
    mesh.assign(tokenId, placement);
    const entrances = placement.entrances.map(({ card, host }) => {
      const { nodeId, region, secure } = card;
      return { nodeId, region, host, secure };
    });
    log.info('a client was placed', {
      roomId,
      region: entrances[0]?.region,
      rule: placement.rule,
      passedOver: placement.passedOver.map(({ rule, why }) => `${rule}: ${why}`).join('; '),
      ...trace,
    });
    return { userName: token.userName, role: token.role, entrances };
  }

  consume(request: { tokenId: string; host: string }): {
    roomId: string;
    userName: string;
    role: string;
  } {
    const { store, open, now } = this.#parts;
    const roomId = open()._id;
    const { tokenId, host } = request;
    const token = consumeToken(store.token(tokenId), { now_ms: now(), host });
    store.saveToken(token);
    return { roomId, userName: token.userName, role: token.role };
  }

  /** Removes what has expired; answers when the next token does. */
  sweep(): number | undefined {
    return this.#parts.store.sweepTokens(this.#parts.now());
  }

  /** What a participant asks of placement: it goes with those who are in the room. */
  wish(pin: RegionPin, place: Place | undefined): Wish {
    return { pin, place, holders: this.#parts.holders() };
  }
}
