import { DurableObject } from 'cloudflare:workers';
import { workerClock } from '../worker-clock.ts';
import type { RoomEntered, RoomUser } from '../../protocol/contracts/node-edge.ts';
import type { ExplainAnswer } from '../../protocol/contracts/placements.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { DirectoryChange, Removal, RoomFacts } from '../../protocol/directory.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import type { Whereabouts } from '../../protocol/pin.ts';
import { allows, roomPin } from '../../protocol/pin.ts';
import type { Place } from '../../protocol/place.ts';
import type { RegionPin } from '../../protocol/token.ts';
import { configOf } from '../config.ts';
import type { Trace } from '../log.ts';
import { createLog } from '../log.ts';
import type { ProvenLeavings, ProvenPresence } from '../room/claims.ts';
import type { Scene } from '../room/happenings.ts';
import { happeningsBetween } from '../room/happenings.ts';
import type { Participant } from '../room/participants.ts';
import { isPresentSince } from '../room/participants.ts';
import { removalsAfter, removalsSince } from '../room/removals.ts';
import type { RoomChange } from '../room/settings.ts';
import { changeRoom } from '../room/settings.ts';
import type { LostEvent } from '../room/webhooks.ts';
import type {
  Admission,
  AdmitRequest,
  Gathered,
  IssuedToken,
  MovedClient,
  NodeApi,
  RecordingTold,
  RoomApi,
  RoomPicture,
  Speaker,
  TokenRequest,
} from './api.ts';
import { Alarms } from './alarms.ts';
import type { Bindings } from './stubs.ts';
import { meshOf, nodeOf, serviceOf } from './stubs.ts';
import { gather } from './gather.ts';
import { keptMesh, MeshPictures } from './mesh-pictures.ts';
import { MeshView } from './mesh-view.ts';
import type { Asked } from './asked.ts';
import { answerTo } from './asked.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf, valueOf } from './outcome.ts';
import { LeavingsStore } from './leavings-store.ts';
import { OutboxStore } from './outbox-store.ts';
import { ParticipantsStore } from './participants-store.ts';
import { RecordingsStore } from './recordings-store.ts';
import { RoomDirectory } from './room-directory.ts';
import { RoomGrants } from './room-grants.ts';
import { RoomLeavings } from './room-leavings.ts';
import { RoomParticipants } from './room-participants.ts';
import { RoomRecordings } from './room-recordings.ts';
import { RoomRoutes } from './room-routes.ts';
import { RoomStore } from './room-store.ts';
import { RoomTokens } from './room-tokens.ts';
import { RoomWebhooks } from './room-webhooks.ts';
import { webhookPost } from './webhook-post.ts';

const log = createLog({ object: 'room' });
const nobody = { joined: [], left: [] };
/** For so long somebody who was removed may have a ticket that nobody has seen yet. */
const ticketLife_ms = (limits.ticket_ttl_s + 2 * limits.clockSkew_s) * 1000;

/** One room: its tokens, the controllers that hold it, and who publishes what in it. */
export class Room extends DurableObject<Bindings> implements RoomApi {
  readonly #store: RoomStore;
  readonly #mesh: MeshView;
  readonly #alarms: Alarms<'tokens' | 'routes' | 'webhooks' | 'grants'>;
  readonly #tokens: RoomTokens;
  readonly #directory: RoomDirectory;
  readonly #routes: RoomRoutes;
  readonly #grants: RoomGrants;
  readonly #participants: RoomParticipants;
  readonly #leavings: RoomLeavings;
  readonly #recordings: RoomRecordings;
  readonly #webhooks: RoomWebhooks;
  #room: RoomAnswer | undefined;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    const { storage } = context;
    const now = (): number => Date.now();
    this.#store = new RoomStore({ sql: storage.sql });
    this.#store.makeTables();
    this.#room = this.#store.room();
    this.#mesh = new MeshView(
      {
        pictures: new MeshPictures({
          mesh: () => meshOf(env),
          clock: workerClock,
          kept: keptMesh,
        }),
        clock: workerClock,
        random: () => Math.random(),
      },
      { policy: configOf(env).placement },
    );
    this.#alarms = new Alarms({ storage, now, log });
    this.#directory = new RoomDirectory({
      store: this.#store,
      transaction: (write) => storage.transactionSync(write),
      node: (nodeId) => nodeOf(env, nodeId),
      roomId: () => this.#open()._id,
      regionsChanged: () => this.#routes.ask(),
      background: (task) => context.waitUntil(task),
      changed: (before, after) => {
        const participants = this.#participants.state;
        this.#happened({ participants, streams: before }, { participants, streams: after });
      },
      log,
    });
    this.#routes = new RoomRoutes({
      mesh: this.#mesh,
      alarms: this.#alarms,
      directory: this.#directory,
      pin: () => this.#room && roomPin(this.#room),
      now,
      log,
    });
    this.#participants = this.#newParticipants(storage);
    this.#leavings = this.#newLeavings(storage);
    this.#recordings = new RoomRecordings({
      store: RecordingsStore.create({ sql: storage.sql }),
      transaction: (write) => storage.transactionSync(write),
      isHolder: (speaker) => this.#directory.isHolder(speaker),
      happened: (happenings) => this.#webhooks.record(happenings),
    });
    this.#webhooks = this.#newWebhooks(storage);
    this.#grants = this.#newGrants();
    this.#tokens = new RoomTokens({
      store: this.#store,
      mesh: this.#mesh,
      alarms: this.#alarms,
      open: () => this.#open(),
      holders: () => this.#directory.holders(),
      isFull: () => this.#participants.isFull,
      leavings: () => this.#leavings.state,
      now,
      log,
    });
  }

  create({
    serviceId,
    room,
  }: {
    serviceId: string;
    room: RoomAnswer;
  }): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log, () => {
      if (this.#room === undefined) {
        this.#store.saveRoom(room);
        this.#room = room;
      }
      this.#webhooks.belongsTo({ serviceId, roomId: room._id });
      return this.#room;
    });
  }

  get(): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log, () => this.#open());
  }

  change(change: RoomChange, trace?: Trace): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log.of(trace), async () => {
      const before = this.#open();
      const room = changeRoom(before, change);
      this.#store.saveRoom(room);
      this.#room = room;
      if (JSON.stringify(roomPin(room)) !== JSON.stringify(roomPin(before))) {
        this.#dropOutside(room, trace);
        await this.#grants.change(room);
        await this.#routes.ask();
      }
      return room;
    });
  }

  delete(roomId: string, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), async () => {
      this.#recordings.end();
      this.#participants.end();
      this.#leavings.end();
      this.#store.removeRoom();
      this.#room = undefined;
      const holders = this.#directory.holders();
      await this.#directory.end(roomId, trace);
      await this.#alarms.disarm('tokens');
      await this.#alarms.disarm('routes');
      await this.#alarms.disarm('grants');
      this.#webhooks.end();
      log.info('a room was deleted', { roomId, holders: holders.length, ...trace });
      return null;
    });
  }

  issueToken(request: TokenRequest, trace?: Trace): Promise<Outcome<IssuedToken>> {
    return outcomeOf(log.of(trace), () => this.#tokens.issue(request, trace));
  }

  revokeTokens(trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), () => this.#tokens.revoke(trace));
  }

  picture(): Promise<Outcome<RoomPicture>> {
    return outcomeOf(log, () => this.#tokens.picture());
  }

  admit(request: Asked<AdmitRequest>): Promise<Outcome<Admission>> {
    return answerTo(log, request, (wish) => this.#tokens.admit(wish));
  }

  explain(request: { pin: RegionPin; place: Place | undefined }): Promise<Outcome<ExplainAnswer>> {
    return outcomeOf(log, async () => {
      this.#open();
      return await this.#mesh.explain(this.#tokens.wish(request.pin, request.place));
    });
  }

  consumeToken(request: {
    tokenId: string;
    host: string;
    at: Whereabouts;
  }): Promise<Outcome<{ roomId: string; userName: string; role: string }>> {
    return outcomeOf(log, () => this.#tokens.consume(request));
  }

  users(trace?: Trace): Promise<Outcome<Gathered<RoomUser[]>>> {
    return this.#gather((node, roomId) => node.users(roomId, trace), trace);
  }

  deleteUser(name: string, trace?: Trace): Promise<Outcome<Gathered<number>>> {
    const removal = { name, at_ms: Date.now() };
    // Written first: whoever is at a controller that does not answer cannot come back from it either.
    this.#remember(removal);
    return this.#gather((node, roomId) => node.deleteUser({ roomId, ...removal }, trace), trace);
  }

  enter(holder: Speaker & { at: Whereabouts; facts: RoomFacts }): Promise<Outcome<RoomEntered>> {
    return outcomeOf(log, async () => {
      const { nodeId, at } = holder;
      const { region } = at;
      const room = this.#open();
      if (!allows(roomPin(room), at)) {
        // It may have held the room before the pin was changed: nobody would tell that it does no more.
        this.#drop(holder);
        throw new RizomaError(
          'forbidden',
          `the pin of the room does not allow ${nodeId} in ${region}`,
        );
      }
      const entered = this.#directory.enter(holder);
      log.info('a controller holds the room', { roomId: room._id, nodeId, region });
      // After it: a holder hears of each change that comes later.
      const [directory, grant] = await Promise.all([entered, this.#grants.give()]);
      const since_ms = Date.now() - ticketLife_ms;
      const most_bytes = limits.removed_bytes;
      const removals = removalsSince(this.#store.removals(), { since_ms, most_bytes });
      const { users: removed, before_ms: removedBefore_ms } = removals;
      return {
        ...directory,
        ...{ grant, removed: [...removed] },
        ...(removedBefore_ms === 0 ? {} : { removedBefore_ms }),
        ...(room.p2p === true ? { p2p: true } : {}),
      };
    });
  }

  facts(news: Speaker & { facts: RoomFacts }): Promise<Outcome<DirectoryChange>> {
    return outcomeOf(log, () => this.#directory.facts(news));
  }

  presence(
    news: Speaker & { region: string; presence: ProvenPresence },
  ): Promise<Outcome<'ok' | 'again'>> {
    return outcomeOf(log, () => {
      this.#open();
      const answer = this.#participants.told(news);
      const { left } = news.presence;
      if (answer === 'ok' && left !== undefined) {
        this.#leavings.told(left);
      }
      return answer;
    });
  }

  recording(news: RecordingTold): Promise<Outcome<null>> {
    return outcomeOf(log, () => this.#recordings.told(news));
  }

  leave({ left, ...speaker }: Speaker & { left?: ProvenLeavings }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      if (left !== undefined && this.#directory.isHolder(speaker)) {
        this.#leavings.told(left);
      }
      this.#drop(speaker);
      log.info('a controller left the room', { roomId: this.#open()._id, nodeId: speaker.nodeId });
      return null;
    });
  }

  nodeLost(speaker: Speaker): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#mesh.nodeLost(speaker.nodeId);
      this.#recordings.drop('lost', speaker);
      this.#directory.drop('lost', speaker);
      this.#participants.drop('lost', speaker);
      log.warn('a controller of the room was lost', { nodeId: speaker.nodeId });
      return null;
    });
  }

  resend({ serviceId, lost }: { serviceId: string; lost: LostEvent }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#webhooks.resend({ serviceId, roomId: lost.roomId }, lost);
      return null;
    });
  }

  override async alarm(): Promise<void> {
    await this.#alarms.ring({
      tokens: () => Promise.resolve(this.#tokens.sweep()),
      routes: () => this.#routes.refresh(),
      webhooks: () => this.#webhooks.deliver(),
      grants: () => this.#grants.renew(),
    });
  }

  #newGrants(): RoomGrants {
    return new RoomGrants(
      {
        store: this.#store,
        alarms: this.#alarms,
        directory: this.#directory,
        room: () => this.#room,
        serviceId: () => this.#webhooks.serviceId,
        now: () => Date.now(),
        log,
      },
      { key: configOf(this.env).ticketKeys.current },
    );
  }

  #newParticipants(storage: DurableObjectStorage): RoomParticipants {
    const store = new ParticipantsStore({ sql: storage.sql });
    store.makeTables();
    return new RoomParticipants({
      store,
      transaction: (write) => storage.transactionSync(write),
      isHolder: (speaker) => this.#directory.isHolder(speaker),
      moved: (nodeId, clients) => this.#tellMoved(nodeId, clients),
      changed: (before, { state, joined, left }) => {
        const { streams } = this.#directory;
        const moved = { joined, left };
        this.#happened({ participants: before, streams }, { participants: state, streams }, moved);
      },
      log,
    });
  }

  #newLeavings(storage: DurableObjectStorage): RoomLeavings {
    return new RoomLeavings({
      store: LeavingsStore.create({ sql: storage.sql }),
      transaction: (write) => storage.transactionSync(write),
      isPresentSince: (...since) => isPresentSince(this.#participants.state, ...since),
      now: () => Date.now(),
    });
  }

  #newWebhooks(storage: DurableObjectStorage): RoomWebhooks {
    const store = new OutboxStore({ sql: storage.sql });
    store.makeTables();
    const { webhookHosts: hosts } = configOf(this.env);
    return new RoomWebhooks({
      store,
      service: (serviceId) => serviceOf(this.env, serviceId),
      post: webhookPost({ fetch: (url, init) => fetch(url, init), clock: workerClock }, { hosts }),
      arm: (at_ms) => this.ctx.waitUntil(this.#alarms.arm('webhooks', at_ms)),
      room: () => this.#room,
      now: () => Date.now(),
      random: () => Math.random(),
      newId: newUuid,
      log,
    });
  }

  /** A node that cannot be told has lost its lease, or tells anew who is there when it is back. */
  #tellMoved(nodeId: string, clients: MovedClient[]): void {
    const roomId = this.#open()._id;
    log.info('clients of a controller are at another one', {
      roomId,
      nodeId,
      clients: clients.length,
    });
    const notice = { method: 'room.moved', params: { roomId, clients } } as const;
    this.ctx.waitUntil(nodeOf(this.env, nodeId).push(notice));
  }

  /** Within the transaction of what it follows from. */
  #happened(
    before: Scene,
    after: Scene,
    moved: { joined: readonly Participant[]; left: readonly Participant[] } = nobody,
  ): void {
    const happenings = happeningsBetween(before, after, moved);
    if (happenings.length > 0) {
      this.#webhooks.record(happenings);
    }
  }

  /** The controller holds the room no longer. */
  #drop(speaker: Speaker): void {
    this.#recordings.drop('leave', speaker);
    this.#directory.drop('leave', speaker);
    this.#participants.drop('leave', speaker);
  }

  /** Tells the nodes that the pin excludes to drop the room, and tells them nothing more about it. */
  #dropOutside(room: RoomAnswer, trace: Trace | undefined): void {
    const { _id: roomId } = room;
    for (const speaker of this.#directory.outside(roomPin(room))) {
      const { nodeId } = speaker;
      this.#drop(speaker);
      this.#directory.tell([nodeId], { method: 'room.dropped', params: { roomId, ...trace } });
      log.info('the pin of a room excludes a controller now', { roomId, nodeId, ...trace });
    }
  }

  #remember(removal: Removal): void {
    const before = this.#store.removals();
    const bounds = { keep_ms: limits.reentry_ttl_s * 1000, limit: limits.removals };
    this.#store.saveRemovals(before, removalsAfter(before, removal, bounds));
  }

  #open(): RoomAnswer {
    if (this.#room === undefined) {
      throw new RizomaError('not_found', 'Room does not exist');
    }
    return this.#room;
  }

  /** Asks all controllers of the room at once. */
  #gather<T>(
    ask: (node: NodeApi, roomId: string) => Promise<Outcome<T>>,
    trace: Trace | undefined,
  ): Promise<Outcome<Gathered<T>>> {
    return outcomeOf(log.of(trace), async () => {
      const roomId = this.#open()._id;
      const nodeIds = this.#directory.holders();
      const gathered = await gather(nodeIds, (nodeId) =>
        valueOf(ask(nodeOf(this.env, nodeId), roomId)),
      );
      if (gathered.missing.length > 0) {
        const nodeIds = gathered.missing.join(' ');
        log.warn('controllers did not answer', { roomId, nodeIds, ...trace });
      }
      return gathered;
    });
  }
}
