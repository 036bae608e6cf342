import { ageOf } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { RoomAnswer } from '../../protocol/contracts/rest.ts';
import type { EdgeLog } from '../log.ts';
import type { Happening } from '../room/happenings.ts';
import type { Hook, LostEvent } from '../room/webhooks.ts';
import { eventOf, waitAfter_ms } from '../room/webhooks.ts';
import type { ServiceApi } from './api.ts';
import { valueOf } from './outcome.ts';
import type { OutboxStore, WaitingEvent, WebhookState } from './outbox-store.ts';
import { emptyWebhookState } from './outbox-store.ts';
import { RoomOutbox } from './room-outbox.ts';
import type { PostWebhook } from './webhook-post.ts';

export interface RoomWebhooksComponents {
  readonly store: OutboxStore;
  readonly service: (serviceId: string) => Pick<ServiceApi, 'hook' | 'bury'>;
  readonly post: PostWebhook;
  /** Has `deliver` called at that time, even where this object restarts. */
  readonly arm: (at_ms: number) => void;
  /** The room; undefined where it was deleted. */
  readonly room: () => RoomAnswer | undefined;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: EdgeLog;
}

const defaults = {
  /** A change of the webhook takes effect within this time, and a room asks no more often. */
  settings_ms: 30_000,
  /** Other alarms of the room wait no longer than this, and the attempt that is under way. */
  ring_ms: 10_000,
  /** Dead events that a service is told in one call. */
  burials: 50,
} as const;

/**
 * What the service is told of its room: each event is written down with the change that caused it, and
 * then posted, one after the other, each until it was taken or is given up.
 */
export class RoomWebhooks {
  readonly #parts: RoomWebhooksComponents;
  readonly #outbox: RoomOutbox;
  #state: WebhookState;
  #delivering: Promise<number | undefined> | undefined;

  constructor(components: RoomWebhooksComponents) {
    const { store } = components;
    this.#parts = components;
    this.#state = store.state();
    const onForgotten = (): void => this.#save({ forgotten: this.#state.forgotten + 1 });
    this.#outbox = new RoomOutbox({ store, onForgotten });
  }

  /** Whose the room is. */
  belongsTo(owner: { serviceId: string; roomId: string }): void {
    if (this.#state.owner === undefined) {
      this.#save({ owner });
    }
  }

  /** Throws `not_found` where the room was deleted. */
  get serviceId(): string {
    const { owner } = this.#state;
    if (owner === undefined) {
      throw new RizomaError('not_found', 'Room does not exist');
    }
    return owner.serviceId;
  }

  /** Writes down what happened; to be called within the transaction of the change that caused it. */
  record(happenings: readonly Happening[]): void {
    const wasEmpty = this.#outbox.isEmpty;
    for (const happening of happenings) {
      this.#record(happening);
    }
    // Where there were some already the alarm is armed, or is ringing and sees these.
    if (wasEmpty && !this.#outbox.isEmpty) {
      this.#parts.arm(this.#parts.now());
    }
  }

  /** Tries a dead event again, after those that wait. Throws `overloaded` where they are too many. */
  resend(owner: { serviceId: string; roomId: string }, lost: LostEvent): void {
    if (this.#outbox.isFull) {
      throw new RizomaError('overloaded', 'too many events of this room wait: try again later');
    }
    this.belongsTo(owner);
    const { id, event, body } = lost;
    this.#outbox.append({ id, event, body, numbered: true }, () => undefined);
    this.#parts.arm(this.#parts.now());
  }

  /** Posts what waits; answers when there is to be tried again. Throws where the service cannot be asked. */
  deliver(): Promise<number | undefined> {
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined;
    });
    return this.#delivering;
  }

  /** The room was deleted. What waits is delivered still, and then nothing is kept. */
  end(): void {
    if (this.#outbox.isEmpty) {
      this.#forget();
    }
  }

  #record(happening: Happening): void {
    const { room, newId, now } = this.#parts;
    const about = room();
    if (happening.event === 'room_started' || this.#state.sessionId === undefined) {
      this.#save({ sessionId: newId() });
    }
    const { owner, sessionId } = this.#state;
    if (about === undefined || owner === undefined || sessionId === undefined) {
      return;
    }
    if (this.#mayWant(happening.event)) {
      const id = newId();
      const body = JSON.stringify(
        eventOf(happening, { id, now_ms: now(), room: about, sessionId }),
      );
      const event = { id, event: happening.event, body, numbered: false };
      this.#outbox.append(event, (oldest) => void this.#numbered(oldest));
    }
  }

  /** What is not known, or not known to be so still, is written down and looked at when it is sent. */
  #mayWant(event: Happening['event']): boolean {
    const { settings } = this.#state;
    return (
      settings === undefined || !this.#isFresh || settings.hook?.events.includes(event) === true
    );
  }

  async #deliver(): Promise<number | undefined> {
    const { now } = this.#parts;
    const until_ms = now() + defaults.ring_ms;
    for (;;) {
      await this.#refresh();
      await this.#bury();
      const hook = this.#state.settings?.hook;
      const head = this.#outbox.head();
      if (head === undefined || hook === undefined) {
        this.#outbox.removeAll();
        this.#forgetIfOver();
        return undefined;
      }
      // One that has its number is told whatever became of the wish: it would be missed.
      const isWanted = head.numbered || hook.events.some((event) => event === head.event);
      if (!isWanted) {
        this.#outbox.remove(head.position);
      } else if (head.next_ms > now() || now() >= until_ms) {
        return Math.max(head.next_ms, now());
      } else {
        await this.#attempt(head, hook);
      }
    }
  }

  async #attempt(head: WaitingEvent, hook: Hook): Promise<void> {
    const { post, now, random, log } = this.#parts;
    const { position, id, event } = head;
    const failure = await post(hook, { id, body: this.#numbered(head) });
    if (failure === undefined) {
      this.#outbox.remove(position);
      return;
    }
    const attempts = head.attempts + 1;
    const wait_ms = waitAfter_ms(attempts, random());
    const roomId = this.#state.owner?.roomId;
    this.#outbox.failed(position, attempts, now() + (wait_ms ?? 0));
    if (wait_ms === undefined) {
      this.#outbox.kill(position, failure);
      log.warn('a webhook was given up', { roomId, id, event, attempts, failure });
    } else {
      log.info('a webhook was not taken', { roomId, id, event, attempts, failure });
    }
  }

  /** Its JSON with its number, which it is given when it is first sent, so that none is missing there. */
  #numbered({ position, body, numbered }: WaitingEvent): string {
    if (numbered) {
      return body;
    }
    const sequence = this.#state.sequence + 1;
    const whole = `${body.slice(0, -1)},"sequence":${sequence}}`;
    this.#save({ sequence });
    this.#parts.store.setNumbered(position, whole);
    return whole;
  }

  get #isFresh(): boolean {
    return ageOf(this.#state.askedAt_ms, this.#parts.now()) < defaults.settings_ms;
  }

  async #refresh(): Promise<void> {
    const { owner, settings } = this.#state;
    if (owner === undefined || this.#isFresh) {
      return;
    }
    const known = settings?.version;
    const news = await valueOf(this.#parts.service(owner.serviceId).hook({ known }));
    this.#save({ askedAt_ms: this.#parts.now(), ...(news === null ? {} : { settings: news }) });
  }

  async #bury(): Promise<void> {
    const { owner, forgotten } = this.#state;
    const dead = this.#outbox.dead(defaults.burials);
    if (owner === undefined || dead.length + forgotten === 0) {
      return;
    }
    const { serviceId, roomId } = owner;
    const lost = dead.map(({ id, event, body, attempts, why }) => {
      return { id, roomId, event, body, attempts, why };
    });
    await valueOf(this.#parts.service(serviceId).bury({ lost, forgotten }));
    this.#parts.log.warn('events of a room are dead', { roomId, dead: dead.length, forgotten });
    this.#save({ forgotten: this.#state.forgotten - forgotten });
    for (const { position } of dead) {
      this.#outbox.remove(position);
    }
    await this.#bury();
  }

  #forgetIfOver(): void {
    if (this.#parts.room() === undefined) {
      this.#forget();
    }
  }

  #forget(): void {
    this.#parts.store.clear();
    this.#state = emptyWebhookState;
  }

  #save(change: Partial<WebhookState>): void {
    this.#state = { ...this.#state, ...change };
    this.#parts.store.saveState(this.#state);
  }
}
