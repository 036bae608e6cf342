import { DurableObject } from 'cloudflare:workers';
import type { RoomUser } from '../../protocol/contracts/node-edge.ts';
import type { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { Directory, DirectoryChange, RoomFacts } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { configOf } from '../config.ts';
import { createLog } from '../log.ts';
import type { Wish } from '../placement/scene.ts';
import type { DirectoryEffect, DirectoryEvent, DirectoryState } from '../room/directory.ts';
import { directoryStep, emptyDirectoryState } from '../room/directory.ts';
import type { RoomChange } from '../room/settings.ts';
import { changeRoom } from '../room/settings.ts';
import { consumeToken, issueToken, usableToken } from '../room/tokens.ts';
import type { Admission, Gathered, NodeApi, RoomApi, Speaker, TokenRequest } from './api.ts';
import type { Bindings } from './stubs.ts';
import { meshOf, nodeOf } from './stubs.ts';
import { gather } from './gather.ts';
import { InOrder } from './in-order.ts';
import { MeshView } from './mesh-view.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf, valueOf } from './outcome.ts';
import { RoomStore } from './room-store.ts';

const log = createLog({ object: 'room' });

const defaults = {
  /** After a sweep that failed. */
  retry_ms: 10_000,
} as const;

/** One room: its tokens, the controllers that hold it, and who publishes what in it. */
export class Room extends DurableObject<Bindings> implements RoomApi {
  readonly #store: RoomStore;
  readonly #mesh: MeshView;
  /** What each node is told, in order. */
  readonly #pushes = new InOrder({ limit: limits.linkQueue_frames });
  #room: RoomAnswer | undefined;
  #state: DirectoryState;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    this.#store = new RoomStore({ sql: context.storage.sql });
    this.#store.makeTables();
    this.#room = this.#store.room();
    this.#state = this.#store.directory();
    this.#mesh = new MeshView(
      { mesh: meshOf(env), now: () => Date.now(), random: () => Math.random() },
      { policy: configOf(env).placement },
    );
  }

  create(room: RoomAnswer): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log, () => {
      if (this.#room === undefined) {
        this.#store.saveRoom(room);
        this.#room = room;
      }
      return this.#room;
    });
  }

  get(): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log, () => this.#open());
  }

  change(change: RoomChange): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log, () => {
      const room = changeRoom(this.#open(), change);
      this.#store.saveRoom(room);
      this.#room = room;
      return room;
    });
  }

  delete(roomId: string): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      this.#store.removeRoom();
      this.#room = undefined;
      const { holders } = this.#state;
      // Waited for: where one cannot be told, whoever asked tries again, and finds the holders here.
      await Promise.all(holders.map(({ nodeId }) => this.#tellOfEnd(nodeId, roomId)));
      this.#store.removeDirectory();
      this.#state = emptyDirectoryState;
      await this.ctx.storage.deleteAlarm();
      log.info('a room was deleted', { roomId, holders: holders.length });
      return null;
    });
  }

  issueToken(
    request: TokenRequest,
  ): Promise<Outcome<{ tokenId: string; host: string; secure: boolean }>> {
    return outcomeOf(log, async () => {
      const { userName, role, pin, location, caller } = request;
      const roomId = this.#open()._id;
      const placement = await this.#mesh.place(this.#wish(pin, location ?? caller));
      const [first] = placement.entrances;
      if (first === undefined) {
        throw new RizomaError('internal', 'a placement without an entrance');
      }
      // It may have been deleted while Mesh was asked, and nobody could honour the token.
      this.#open();
      const place = location === undefined ? {} : { place: location };
      const token = issueToken(
        roomId,
        { userName, role, pin, host: first.host, ...place },
        Date.now(),
      );
      this.#store.saveToken(token);
      this.#mesh.assign(token.tokenId, placement);
      await this.#armSweep(token.expiresAt_ms);
      log.info('a token was issued', { roomId, region: first.card.region, rule: placement.rule });
      return { tokenId: token.tokenId, host: first.host, secure: first.card.secure };
    });
  }

  admit(request: { tokenId: string; place: Place | undefined }): Promise<Outcome<Admission>> {
    return outcomeOf(log, async () => {
      const roomId = this.#open()._id;
      const { pin, place } = usableToken(this.#store.token(request.tokenId), Date.now());
      const placement = await this.#mesh.place(
        this.#wish(pin, request.place ?? place),
        request.tokenId,
      );
      // Read anew: another join may have used the token while Mesh was asked.
      const token = consumeToken(this.#store.token(request.tokenId), { now_ms: Date.now() });
      this.#store.saveToken(token);
      this.#mesh.assign(token.tokenId, placement);
      const entrances = placement.entrances.map(({ card, host }) => {
        const { nodeId, region, secure } = card;
        return { nodeId, region, host, secure };
      });
      log.info('a client was placed', {
        roomId,
        region: entrances[0]?.region,
        rule: placement.rule,
        passedOver: placement.passedOver.map(({ rule, why }) => `${rule}: ${why}`).join('; '),
      });
      return { userName: token.userName, role: token.role, entrances };
    });
  }

  explain(request: { pin: RegionPin; place: Place | undefined }): Promise<Outcome<ExplainAnswer>> {
    return outcomeOf(log, async () => {
      this.#open();
      return await this.#mesh.explain(this.#wish(request.pin, request.place));
    });
  }

  consumeToken(request: {
    tokenId: string;
    host: string;
  }): Promise<Outcome<{ roomId: string; userName: string; role: string }>> {
    return outcomeOf(log, () => {
      const roomId = this.#open()._id;
      const { tokenId, host } = request;
      const token = consumeToken(this.#store.token(tokenId), { now_ms: Date.now(), host });
      this.#store.saveToken(token);
      return { roomId, userName: token.userName, role: token.role };
    });
  }

  users(): Promise<Outcome<Gathered<RoomUser[]>>> {
    return this.#gather((node, roomId) => node.users(roomId));
  }

  deleteUser(name: string): Promise<Outcome<Gathered<number>>> {
    return this.#gather((node, roomId) => node.deleteUser({ roomId, name }));
  }

  enter(holder: Speaker & { region: string; facts: RoomFacts }): Promise<Outcome<Directory>> {
    return outcomeOf(log, async () => {
      const { nodeId, region } = holder;
      this.#step({ type: 'enter', holder });
      const { directory } = this.#state;
      log.info('a controller holds the room', { roomId: this.#open()._id, nodeId, region });
      await this.#pushes.idle(nodeId);
      return directory;
    });
  }

  facts(news: Speaker & { facts: RoomFacts }): Promise<Outcome<DirectoryChange>> {
    return outcomeOf(log, async () => {
      const change = this.#step({ type: 'facts', ...news });
      // The answer builds on what was pushed before: it must not come first.
      await this.#pushes.idle(news.nodeId);
      return change;
    });
  }

  leave(speaker: Speaker): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#step({ type: 'leave', ...speaker });
      log.info('a controller left the room', { roomId: this.#open()._id, nodeId: speaker.nodeId });
      return null;
    });
  }

  nodeLost(speaker: Speaker): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#mesh.forget();
      this.#step({ type: 'lost', ...speaker });
      log.warn('a controller of the room was lost', { nodeId: speaker.nodeId });
      return null;
    });
  }

  /** Sweeps tokens. Whatever happens it is armed again while there are tokens to sweep. */
  override async alarm(): Promise<void> {
    let next_ms: number | undefined = Date.now() + defaults.retry_ms;
    try {
      next_ms = this.#store.sweepTokens(Date.now());
    } catch (thrown) {
      log.error('tokens could not be swept', thrown);
    }
    if (next_ms !== undefined) {
      await this.#armSweep(next_ms);
    }
  }

  /** What a participant asks of placement: it goes with those who are in the room. */
  #wish(pin: RegionPin, place: Place | undefined): Wish {
    return { pin, place, holders: this.#state.holders.map(({ nodeId }) => nodeId) };
  }

  #open(): RoomAnswer {
    if (this.#room === undefined) {
      throw new RizomaError('not_found', 'Room does not exist');
    }
    return this.#room;
  }

  /** One alarm for all tokens: the earliest to expire has it. */
  async #armSweep(at_ms: number): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(at_ms);
    }
  }

  #step(event: DirectoryEvent): DirectoryChange {
    this.#open();
    const before = this.#state;
    const { state, change, effects } = directoryStep(before, event);
    this.ctx.storage.transactionSync(() => this.#store.saveDirectory(before, state, change));
    this.#state = state;
    for (const effect of effects) {
      this.#push(effect);
    }
    return change;
  }

  /** Asks all controllers of the room at once. */
  #gather<T>(
    ask: (node: NodeApi, roomId: string) => Promise<Outcome<T>>,
  ): Promise<Outcome<Gathered<T>>> {
    return outcomeOf(log, async () => {
      const roomId = this.#open()._id;
      const nodeIds = this.#state.holders.map(({ nodeId }) => nodeId);
      const gathered = await gather(nodeIds, (nodeId) =>
        valueOf(ask(nodeOf(this.env, nodeId), roomId)),
      );
      if (gathered.missing.length > 0) {
        log.warn('controllers did not answer', { roomId, nodeIds: gathered.missing.join(' ') });
      }
      return gathered;
    });
  }

  #tellOfEnd(nodeId: string, roomId: string): Promise<unknown> {
    const notice = { method: 'room.deleted', params: { roomId } } as const;
    return this.#pushes.run(nodeId, () => nodeOf(this.env, nodeId).push(notice));
  }

  #push({ to, change }: DirectoryEffect): void {
    const roomId = this.#open()._id;
    for (const nodeId of to) {
      const push = async (): Promise<void> => {
        try {
          const notice = { method: 'room.changed', params: { roomId, change } } as const;
          await nodeOf(this.env, nodeId).push(notice);
        } catch (thrown) {
          // The node finds out by the version of the next change, or when its link is back.
          log.error('a node could not be told', thrown, { roomId, nodeId });
        }
      };
      this.ctx.waitUntil(this.#pushes.run(nodeId, push));
    }
  }
}
