import { workerClock } from '../worker-clock.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newTokenId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import { intersectPins, roomPin } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import type { EdgeLog, Trace } from '../log.ts';
import type { Placement } from '../placement/choose.ts';
import type { Wish } from '../placement/scene.ts';
import type { Entrance } from '../placement/snapshot.ts';
import type { LeavingsState } from '../room/leavings.ts';
import type { TokenRecord } from '../room/tokens.ts';
import {
  consumeToken,
  issueToken,
  refuseFull,
  refuseOutside,
  reusableToken,
  usableToken,
} from '../room/tokens.ts';
import { admitted } from './admission.ts';
import type { Admission, AdmitRequest, IssuedToken, RoomPicture, TokenRequest } from './api.ts';
import type { Alarms } from './alarms.ts';
import type { MeshView } from './mesh-view.ts';
import type { RoomStore } from './room-store.ts';
import { WriteTogether } from './write-together.ts';

const defaults = {
  /** Tokens of the room for tests that one to be used again is looked for among. */
  testTokens: 16,
} as const;

export interface RoomTokensComponents {
  readonly store: RoomStore;
  readonly mesh: MeshView;
  readonly alarms: Pick<Alarms<'tokens'>, 'arm'>;
  /** The room; throws `not_found` where it was deleted. */
  readonly open: () => RoomAnswer;
  /** Ids of the nodes that hold the room. */
  readonly holders: () => readonly string[];
  /** Whether nobody more may come in. */
  readonly isFull: () => boolean;
  /** Who left the room for good. */
  readonly leavings: () => LeavingsState;
  readonly now: () => number;
  readonly log: EdgeLog;
}

/** The tokens of one room: whom it lets in, and where they are sent. */
export class RoomTokens {
  readonly #parts: RoomTokensComponents;
  readonly #writes = new WriteTogether({ clock: workerClock });

  constructor(components: RoomTokensComponents) {
    this.#parts = components;
  }

  async issue(request: TokenRequest, trace: Trace | undefined): Promise<IssuedToken> {
    const { store, mesh, open } = this.#parts;
    const log = this.#parts.log.of(trace);
    const { pin, location, caller, uses } = request;
    const roomId = open()._id;
    const placement = await mesh.place(this.wish(pin, location ?? caller));
    const [first] = placement.entrances;
    if (first === undefined) {
      throw new RizomaError('internal', 'a placement without an entrance');
    }
    // It may have been deleted while Mesh was asked, and nobody could honour the token.
    const { test = false } = open();
    const epoch = store.epoch();
    const { region, secure } = first.card;
    const where = { roomId, region, rule: placement.rule };
    if (uses === 0) {
      log.info('a pass was issued', { ...where, ttl_s: request.ttl_s });
      return { tokenId: newTokenId(roomId), host: first.host, secure, epoch };
    }
    const known = test ? this.#knownOf(request, placement) : undefined;
    const token = known ?? (await this.#issue(request, placement, first));
    log.info('a token was issued', where);
    return { tokenId: token.tokenId, host: token.host, secure, epoch };
  }

  async admit(request: Omit<AdmitRequest, 'trace'>): Promise<Admission> {
    const { store, mesh, open, isFull, now } = this.#parts;
    const { tokenId } = request;
    open();
    const { pin, place } = usableToken(store.token(tokenId), now());
    refuseFull(isFull());
    const placement = await mesh.place(this.wish(pin, request.place ?? place), tokenId);
    const token = await this.#writes.run(() => {
      // Read anew: another join may have used the token, or the room was deleted meanwhile.
      open();
      const used = consumeToken(store.token(tokenId), { now_ms: now() });
      store.updateToken(used);
      return used;
    });
    mesh.assign(`${tokenId} ${token.usesLeft}`, placement);
    const terms = { pin: token.pin, place: token.place, epoch: store.epoch() };
    return admitted({ ...token, terms }, placement);
  }

  consume(request: { tokenId: string; host: string; at: Whereabouts }): {
    roomId: string;
    userName: string;
    role: string;
  } {
    const { store, open, isFull, now } = this.#parts;
    const roomId = open()._id;
    const { tokenId, host, at } = request;
    const token = consumeToken(store.token(tokenId), { now_ms: now(), host });
    refuseOutside(intersectPins(roomPin(open()), token.pin), at);
    refuseFull(isFull());
    store.updateToken(token);
    return { roomId, userName: token.userName, role: token.role };
  }

  /** Every token is worth nothing from now on, and every pass once those who keep a picture look anew. */
  revoke(trace: Trace | undefined): null {
    const roomId = this.#parts.open()._id;
    this.#parts.store.revokeTokens();
    this.#parts.log.of(trace).info('the tokens of a room were revoked', { roomId });
    return null;
  }

  picture(): RoomPicture {
    const { store, open, holders, isFull, leavings } = this.#parts;
    const pin = roomPin(open());
    const gone = { removals: store.removals(), leavings: leavings() };
    const picture = { epoch: store.epoch(), holders: [...holders()], pin };
    return { ...picture, ...gone, isFull: isFull() };
  }

  /** Removes what has expired; answers when the next token does. */
  sweep(): number | undefined {
    return this.#parts.store.sweepTokens(this.#parts.now());
  }

  /**
   * What a participant asks of placement: it goes with those who are in the room, within the room's own
   * pin. Throws `pin_empty` where the two pins leave nothing.
   */
  wish(pin: RegionPin, place: Place | undefined): Wish {
    const { open, holders } = this.#parts;
    return { pin: intersectPins(roomPin(open()), pin), place, holders: holders() };
  }

  #knownOf({ role, pin }: TokenRequest, { entrances }: Placement): TokenRecord | undefined {
    const hosts = entrances.map(({ host }) => host);
    const tokens = this.#parts.store.newestTokens(defaults.testTokens);
    return reusableToken(tokens, { role, pin, hosts, now_ms: this.#parts.now() });
  }

  async #issue(request: TokenRequest, placement: Placement, first: Entrance): Promise<TokenRecord> {
    const { store, mesh, alarms, open, now } = this.#parts;
    const { userName, role, pin, location } = request;
    const { _id: roomId, test = false } = open();
    const life = test
      ? { uses: limits.testToken_uses, ttl_s: limits.tokenLongest_ttl_s }
      : { uses: request.uses, ttl_s: request.ttl_s };
    const place = location === undefined ? {} : { place: location };
    const wish = { userName, role, pin, host: first.host, ...place };
    const now_ms = now();
    store.demandPlaceForToken(now_ms);
    const token = issueToken(roomId, wish, { ...life, now_ms });
    store.saveToken(token);
    mesh.assign(token.tokenId, placement);
    await alarms.arm('tokens', token.expiresAt_ms);
    return token;
  }
}
