import { DurableObject } from 'cloudflare:workers';
import { workerClock } from '../worker-clock.ts';
import { newSecret } from '../../protocol/webhook.ts';
import { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type {
  DeadEventsAnswer,
  PutWebhookRequest,
  WebhookAnswer,
} from '../../protocol/contracts/webhooks.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newRoomId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { parseJson } from '../../protocol/parse.ts';
import { configOf } from '../config.ts';
import type { Trace } from '../log.ts';
import { createLog } from '../log.ts';
import { RateLimit } from '../../protocol/rate-limit.ts';
import type { RoomChange } from '../room/settings.ts';
import { changeRoom, demandSize } from '../room/settings.ts';
import type { HookSettings, LostEvent } from '../room/webhooks.ts';
import type {
  Authentic,
  AuthRequest,
  KeyChange,
  RoomRequest,
  RoomsPage,
  ServiceApi,
  ServiceEntry,
  WholeService,
} from './api.ts';
import { InOrder } from './in-order.ts';
import type { Asked } from './asked.ts';
import { answerTo } from './asked.ts';
import type { Outcome } from './outcome.ts';
import { outcomeOf, settledOf, valueOf } from './outcome.ts';
import { Nonces } from './nonces.ts';
import { ServiceAuth } from './service-auth.ts';
import type { Begun } from './service-store.ts';
import { ServiceStore } from './service-store.ts';
import { ServiceWebhooks } from './service-webhooks.ts';
import type { Bindings } from './stubs.ts';
import { roomOf } from './stubs.ts';

const log = createLog({ object: 'service' });

const defaults = {
  /** Rooms in one page of the list: of 64 KiB each they are still a small part of the object's memory. */
  page_rooms: 100,
  /** Of the first page, which the list of services has of several services at a time. */
  first_rooms: 10,
  /** Rooms of a deleted service that are deleted at a time. */
  deletions: 32,
  /** After deletions that failed. */
  retry_ms: 10_000,
} as const;

/** One service (Licode: a row of `services`): who may sign requests, and which rooms are theirs. */
export class Service extends DurableObject<Bindings> implements ServiceApi {
  readonly #store: ServiceStore;
  readonly #webhooks: ServiceWebhooks;
  /** What is done to one room: its copy here must be the last one, and a deleted room must stay so. */
  readonly #order = new InOrder({ limit: limits.callsInFlight });
  readonly #auth: ServiceAuth;

  constructor(context: DurableObjectState, env: Bindings) {
    super(context, env);
    const { sql } = context.storage;
    this.#store = new ServiceStore({ sql });
    this.#webhooks = new ServiceWebhooks({ sql, now: () => Date.now(), newSecret });
    this.#auth = new ServiceAuth({
      nonces: new Nonces({ store: this.#store, clock: workerClock }),
      keysOf: (serviceId) => this.#keysOf(serviceId),
      rate: new RateLimit({
        whose: 'this service',
        perSecond: configOf(env).rates.service,
      }),
      now: () => Date.now(),
    });
    if (this.#store.allBegun().length > 0) {
      void context.blockConcurrencyWhile(() => this.#goOn());
    }
  }

  found(service: ServiceEntry & { key: string }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#store.found(service);
      return null;
    });
  }

  authenticate(request: Asked<AuthRequest>): Promise<Outcome<Authentic>> {
    return answerTo(log, request, async ({ credentials, roomId }) => {
      const signer = await this.#auth.check(credentials);
      const copy = roomId === undefined ? undefined : this.#store.copyOf(roomId);
      return { signer, roomIsOurs: copy !== undefined, room: copy?.room };
    });
  }

  changeKey(change: KeyChange, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), () => {
      const service = this.#store.service();
      if (service === undefined) {
        throw new RizomaError('not_found', 'Service not found');
      }
      const { key, previous_s } = change;
      this.#store.changeKey(key, Date.now() + previous_s * 1000);
      log.info('the key of a service was changed', { serviceId: service.id, previous_s, ...trace });
      return null;
    });
  }

  about(): Promise<Outcome<WholeService>> {
    return outcomeOf(log, async () => {
      await this.#goOn();
      const service = this.#store.service();
      if (service === undefined) {
        throw new RizomaError('not_found', 'Service not found');
      }
      return { ...service, first: this.#store.rooms(0, defaults.first_rooms) };
    });
  }

  rooms(request: { after: number }): Promise<Outcome<RoomsPage>> {
    return outcomeOf(log, async () => {
      await this.#goOn();
      return this.#store.rooms(request.after, defaults.page_rooms);
    });
  }

  makeRoom(request: RoomRequest, trace?: Trace): Promise<Outcome<RoomAnswer>> {
    return outcomeOf(log.of(trace), async () => {
      let made: RoomAnswer | undefined;
      while (made === undefined) {
        made = await this.#makeRoom(request, trace);
      }
      return made;
    });
  }

  changeRoom(
    request: { roomId: string; change: RoomChange },
    trace?: Trace,
  ): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), () => {
      const { roomId, change } = request;
      return this.#order.run(roomId, () => {
        this.#demandPlace(roomId, change);
        return this.#doTo(roomId, 'change', async () => {
          this.#store.saveRoom(await valueOf(roomOf(this.env, roomId).change(change, trace)));
          return null;
        });
      });
    });
  }

  deleteRoom(roomId: string, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), () =>
      this.#order.run(roomId, () =>
        this.#doTo(roomId, 'deletion', async () => {
          await this.#deleteRoom(roomId, trace);
          return null;
        }),
      ),
    );
  }

  putWebhook(webhook: PutWebhookRequest): Promise<Outcome<WebhookAnswer>> {
    return outcomeOf(log, () => {
      const answer = this.#webhooks.put(webhook);
      log.info('a webhook was set', { host: URL.parse(webhook.url)?.host });
      return answer;
    });
  }

  webhook(): Promise<Outcome<WebhookAnswer>> {
    return outcomeOf(log, () => this.#webhooks.about());
  }

  removeWebhook(): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#webhooks.remove();
      return null;
    });
  }

  hook(request: { known: number | undefined }): Promise<Outcome<HookSettings | null>> {
    return outcomeOf(log, () => this.#webhooks.hook(request.known));
  }

  bury(dead: { lost: LostEvent[]; forgotten: number }): Promise<Outcome<null>> {
    return outcomeOf(log, () => {
      this.#webhooks.bury(dead);
      return null;
    });
  }

  deadEvents(request: { after: number }): Promise<Outcome<DeadEventsAnswer>> {
    return outcomeOf(log, () => this.#webhooks.dead(request.after));
  }

  retryDead(request: { serviceId: string; id: string }): Promise<Outcome<null>> {
    return outcomeOf(log, async () => {
      const { serviceId, id } = request;
      const lost = this.#webhooks.lost(id);
      await valueOf(roomOf(this.env, lost.roomId).resend({ serviceId, lost }));
      // Last: what is lost in between is tried twice, under one id.
      this.#webhooks.raise(id);
      return null;
    });
  }

  remove(serviceId: string, trace?: Trace): Promise<Outcome<null>> {
    return outcomeOf(log.of(trace), async () => {
      if (serviceId === configOf(this.env).superservice.id) {
        throw new RizomaError('forbidden', 'the superservice is configuration and stays');
      }
      if (this.#store.hasTables) {
        this.#store.removeService();
        this.#webhooks.remove();
        await this.ctx.storage.setAlarm(Date.now());
      }
      return null;
    });
  }

  /** Deletes the rooms of a service that was removed, some at a time, and at last what is left of it. */
  override async alarm(): Promise<void> {
    if (!this.#store.hasTables || this.#store.service() !== undefined) {
      return;
    }
    const { rooms } = this.#store.rooms(0, defaults.deletions);
    if (rooms.length === 0) {
      this.#store.forgetTables();
      this.#webhooks.forgetTables();
      await this.ctx.storage.deleteAll();
      return;
    }
    const outcomes = await Promise.all(rooms.map(({ _id }) => settledOf(this.deleteRoom(_id))));
    const failed = outcomes.filter(({ ok }) => !ok).length;
    if (failed > 0) {
      log.warn('rooms of a deleted service could not be deleted', { failed });
    }
    await this.ctx.storage.setAlarm(Date.now() + (failed > 0 ? defaults.retry_ms : 0));
  }

  /** Undefined where the room that was found was deleted meanwhile. */
  async #makeRoom(request: RoomRequest, trace: Trace | undefined): Promise<RoomAnswer | undefined> {
    const { serviceId, room, near } = request;
    // It may have been removed since it signed the request, and nobody would delete the room then.
    if (this.#keysOf(serviceId).length === 0) {
      throw new RizomaError('unauthorized', 'the service was deleted');
    }
    const known = this.#known(request);
    const wanted = known ?? { ...room, _id: newRoomId(room.jurisdiction) };
    if (known === undefined) {
      demandSize(wanted);
      this.#store.demandPlace(wanted);
      this.#store.saveRoom(wanted);
      log.info('a room was made', { serviceId, roomId: wanted._id, ...trace });
    }
    return await this.#order.run(wanted._id, async () =>
      this.#store.hasRoom(wanted._id)
        ? await this.#doTo(wanted._id, 'change', () =>
            valueOf(roomOf(this.env, wanted._id, near).create({ serviceId, room: wanted })),
          )
        : undefined,
    );
  }

  /** Before the room changes, since afterwards it is as it is. */
  #demandPlace(roomId: string, change: RoomChange): void {
    const copy = this.#store.copyOf(roomId)?.room;
    if (copy !== undefined) {
      const room = parseJson(RoomAnswer, copy, 'stored room', 'internal');
      this.#store.demandPlace(changeRoom(room, change));
    }
  }

  /**
   * Does something to a room and to its copy here. Where one of the two objects dies meanwhile, nobody
   * knows how far it came: it is found out, at once or when this object is back. Throws `not_found`.
   */
  async #doTo<T>(roomId: string, what: Begun, task: () => Promise<T>): Promise<T> {
    if (!this.#store.hasRoom(roomId)) {
      throw new RizomaError('not_found', 'Room does not exist');
    }
    this.#store.begin(roomId, what);
    try {
      const done = await task();
      this.#store.end(roomId);
      return done;
    } catch (thrown) {
      await this.#goOnWith(roomId);
      throw thrown;
    }
  }

  async #deleteRoom(roomId: string, trace?: Trace): Promise<void> {
    await valueOf(roomOf(this.env, roomId).delete(roomId, trace));
    this.#store.removeRoom(roomId);
  }

  /** Goes on with what was begun and not ended. What fails again is left for the next time. */
  async #goOn(): Promise<void> {
    const ids = this.#store.allBegun();
    const goOn = (id: string): Promise<void> =>
      this.#order.run(id, async () => {
        await this.#goOnWith(id);
      });
    await Promise.all(ids.map(goOn));
  }

  /** The room is as its object says; one that was to be deleted is. */
  async #goOnWith(roomId: string): Promise<void> {
    const what = this.#store.begun(roomId);
    try {
      if (what === 'deletion') {
        await this.#deleteRoom(roomId);
      } else if (what === 'change') {
        const room = await settledOf(roomOf(this.env, roomId).get());
        if (!room.ok && room.code !== 'not_found') {
          return;
        }
        if (room.ok) {
          this.#store.saveRoom(room.value);
        } else {
          this.#store.removeRoom(roomId);
        }
      }
      this.#store.end(roomId);
    } catch (thrown) {
      log.error('what was begun with a room could not be ended', thrown, { roomId });
    }
  }

  #known({ room, getOrCreate }: RoomRequest): RoomAnswer | undefined {
    const oldest = getOrCreate ? this.#store.roomOfName(room.name) : undefined;
    const known = room.test === true ? this.#store.testRoom() : oldest;
    const { jurisdiction } = room;
    if (known !== undefined && jurisdiction !== undefined && jurisdiction !== known.jurisdiction) {
      const where = known.jurisdiction ?? 'no jurisdiction';
      throw new RizomaError('conflict', `there is a room ${known.name}, in ${where}`);
    }
    return known;
  }

  /** The superservice's keys are configuration: they can be changed without asking anybody. */
  #keysOf(serviceId: string): readonly string[] {
    const { superservice } = configOf(this.env);
    if (serviceId === superservice.id) {
      this.#store.makeTables();
      return superservice.keys.all;
    }
    return this.#store.keys(Date.now());
  }
}
