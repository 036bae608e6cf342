import type { Cancel, Clock } from '../../protocol/clock.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Adapter } from './adaptation/adapter.ts';
import { Awaited } from './awaited.ts';
import { erizoDefaults } from './config.ts';
import type { Connection } from './connection.ts';
import type { Consumer, Producer } from './media.ts';
import type { Sections } from './engine-sections.ts';
import type { WebRtcTransport } from './engine-transports.ts';
import { OutgoingLimit } from './outgoing-limit.ts';
import type { Plan } from './plans.ts';
import { writeOffer, writeSendingAnswer } from './sdp/offer.ts';
import { readDescription } from './sdp/read.ts';
import type { RemoteDescription } from './sdp/remote.ts';
import type { SectionOwner, Slot } from './slot.ts';
import type { Stage } from './section-moves.ts';
import { SectionMoves } from './section-moves.ts';
import { checkSections, offered } from './slot.ts';
import { Slots } from './slots.ts';
import { allOrNone, closeAll } from './wait.ts';

/** What the offer that is out holds: which owner was in which slot, and which tracks come another way with it. */
interface Outstanding {
  readonly slots: readonly Slot[];
  readonly owners: ReadonlyMap<Slot, SectionOwner>;
  readonly moves: ReturnType<SectionMoves['offered']>;
}

export interface SubscribeConnectionOptions {
  plan: Plan;
  sendOffer: (sdp: string) => void;
  sendAnswer: (sdp: string) => void;
}

/** A connection on which we offer and send. At most one offer is out; what comes later shares the next. */
export class SubscribeConnection {
  readonly connection: Connection;
  /** Fits the videos that it carries into it. */
  readonly adapter: Adapter;
  readonly limit: OutgoingLimit;
  /** Sends tracks that it sends already from elsewhere. */
  readonly moves: SectionMoves;
  readonly #clock: Clock;
  readonly #options: SubscribeConnectionOptions;
  readonly #owners = new Set<SectionOwner>();
  readonly #slots = new Slots();
  readonly #awaited = new Awaited();
  #outstanding: Outstanding | undefined;
  #changed = false;
  /** Our role in DTLS, from the first answer on. */
  #role: 'active' | 'passive' | undefined;
  #remoteUfrag: string | undefined;
  #isFirefox = false;
  #isRetired = false;
  /** Set when it closes with the next offer, or when that has waited for too long. */
  #stopFarewell: Cancel | undefined;

  constructor(
    components: { connection: Connection; adapter: Adapter; clock: Clock },
    options: SubscribeConnectionOptions,
  ) {
    this.connection = components.connection;
    this.adapter = components.adapter;
    this.limit = new OutgoingLimit({ connection: components.connection, owners: this.#owners });
    this.#clock = components.clock;
    this.#options = options;
    const stage: Stage = {
      join: (owner) => this.join(owner),
      send: (owner, producers, how) => this.send(owner, producers, how),
      remove: (owner) => this.remove(owner),
      offer: () => this.#change(),
      isFirefox: () => this.#isFirefox,
    };
    this.moves = new SectionMoves({ ...components, slots: this.#slots, stage });
  }

  /**
   * Takes over our last description of another process, and offers it anew: what the streams are sent
   * in stays, for them to be added again. Throws `sdp_malformed`.
   */
  restore(last: string, streams: ReadonlySet<string>): void {
    this.#slots.restore(readDescription(last, { chars: limits.ownSdp_chars }), streams);
    this.#change();
  }

  get isKept(): boolean {
    return this.#options.plan.kept;
  }

  /** Whether its sections stay for a stream whose way here broke. */
  get waits(): boolean {
    return this.#options.plan.waits;
  }

  /** Whether another stream may be sent on it. */
  get takesMore(): boolean {
    return this.#options.plan.shared && !this.#isRetired;
  }

  /** Whether what is sent next is offered at once, to a client that can receive. */
  get isReady(): boolean {
    return this.connection.isConnected && this.#outstanding === undefined;
  }

  /** Nothing more is sent on it; it stays for what is. */
  retire(): void {
    this.#isRetired = true;
    if (!this.#isUsed) {
      this.connection.close();
    }
  }

  /** The connection has ended. */
  onEnd(): void {
    this.#stopFarewell?.();
    this.adapter.close();
  }

  /** Its sections stay for its stream, and hold the connection open, though it is about to be removed. */
  keep(owner: SectionOwner): void {
    this.#slots.keep(owner);
  }

  /** What stayed for the stream need not. */
  release(streamId: string): void {
    const freed = this.#slots.release(streamId);
    if (freed > 0) {
      this.#onFreed(freed);
    }
  }

  /** Holds the connection open for the owner until it is removed. */
  join(owner: SectionOwner): void {
    this.#owners.add(owner);
  }

  /**
   * Offers sections that carry nothing yet, so that the client has connected when there is something.
   * Idempotent, and of no use where something was offered.
   */
  prepare(sections: Sections): void {
    if (this.#owners.size === 0 && this.#slots.prepare(sections)) {
      this.#change();
    }
  }

  /**
   * Sends the tracks to the client; resolves when it has taken them, or some of them. They may begin
   * `atOnce` where the offer is certain to be there before the first picture.
   */
  async send(
    owner: SectionOwner,
    producers: readonly Producer[],
    options: { atOnce: boolean },
  ): Promise<void> {
    const transport = await this.connection.transport;
    this.#requireOwner(owner);
    // What is in the first offer waits in the worker until the client can receive. What is in a
    // later one waits for its answer: a key frame that comes too early delays the next by half a
    // second.
    const isLater = this.#role !== undefined || this.#outstanding !== undefined;
    const paused = isLater && !(options.atOnce && this.isReady);
    const filled = await this.#consume(transport, { owner, producers, paused });
    for (const [index, [slot, consumer]] of filled.entries()) {
      slot.consumer = consumer;
      slot.kept = undefined;
      slot.trackId = owner.standsBy === true ? undefined : producers[index]?.trackId;
      owner.made?.(consumer);
      slot.parameters = consumer.rtpParameters;
      consumer.onFirstPacket(() => owner.mediaBegan(consumer.kind));
      this.#slots.add(slot);
    }
    // Of a stream that was about to go over there may be one more.
    this.#slots.release(owner.streamId);
    const taken = this.#awaited.add(owner);
    this.#change();
    await taken;
  }

  /** A section and what is sent in it for each of the tracks; where that fails nothing of it stays. */
  async #consume(
    transport: WebRtcTransport,
    wanted: { owner: SectionOwner; producers: readonly Producer[]; paused: boolean },
  ): Promise<(readonly [Slot, Consumer])[]> {
    const { owner, producers, paused } = wanted;
    const slots: Slot[] = [];
    try {
      for (const { kind } of producers) {
        slots.push(this.#slots.reserve(owner, kind));
      }
      const consumers = await allOrNone(
        slots.map(({ mid }, index) =>
          transport.consume((producers[index] as Producer).id, { mid, paused }),
        ),
      );
      if (!this.#owners.has(owner)) {
        closeAll(consumers);
      }
      this.#requireOwner(owner);
      return slots.map((slot, index) => [slot, consumers[index] as Consumer]);
    } catch (thrown) {
      slots.forEach((slot) => this.#slots.giveBack(owner, slot));
      throw thrown;
    }
  }

  /** What the owner's tracks are sent with, those that the client took. */
  consumersOf(owner: SectionOwner): Consumer[] {
    return this.#slots.consumersOf(owner);
  }

  /** Takes its tracks out of the session; the last one may take the connection with it. Idempotent. */
  remove(owner: SectionOwner): void {
    if (!this.#owners.has(owner)) {
      return;
    }
    // Who stands by for it goes first: the connection is not to end with that, before the client is told of its tracks.
    this.moves.remove(owner);
    this.#owners.delete(owner);
    this.#awaited.settle(owner, new RizomaError('cancelled', 'the subscription has ended'));
    this.limit.set(owner, undefined);
    this.#onFreed(this.#slots.free(owner));
  }

  get #isUsed(): boolean {
    return this.#owners.size > 0 || this.#slots.someKept;
  }

  /** So many sections carry nothing any more. */
  #onFreed(sections: number): void {
    const { kept, farewell } = this.#options.plan;
    const isLast = !this.#isUsed && (this.#isRetired || !kept);
    if (isLast && (!farewell || sections === 0)) {
      this.connection.close();
      return;
    }
    if (isLast) {
      this.#stopFarewell = this.#clock.after(erizoDefaults.farewell_ms, () =>
        this.connection.close(),
      );
    }
    if (sections > 0) {
      this.#change();
    }
  }

  /**
   * Answers an offer of the client, who begins ICE anew (RFC 8445, section 9). While an offer of ours
   * is out its own is passed over: it takes ours, and offers again if it still has to (the impolite
   * side of W3C's perfect negotiation).
   */
  onOffer(sdp: string): Promise<void> {
    return this.connection.inOrder(async () => {
      if (this.#outstanding !== undefined) {
        return;
      }
      const role = this.#role;
      if (role === undefined) {
        throw new RizomaError('conflict', 'the first offer on this connection is ours');
      }
      const offer = readDescription(sdp, { sections: this.#slots.all.length });
      checkSections(offer, this.#slots.all);
      const transport = await this.connection.transport;
      if (offer.ice.ufrag !== this.#remoteUfrag) {
        await transport.restartIce();
        this.#remoteUfrag = offer.ice.ufrag;
      }
      await this.#apply(offer, this.#slots.sent());
      const sections = this.#slots.all.flatMap(offered);
      const origin = this.connection.nextOrigin();
      this.#options.sendAnswer(writeSendingAnswer(offer, sections, transport.local, origin, role));
    });
  }

  /** The client could not take the offer that is out: who was first offered in it is not sent. */
  onOfferRefused(): Promise<void> {
    return this.connection.inOrder(async () => {
      this.#takeBack(new RizomaError('sdp_malformed', 'the client could not take the offer'));
    });
  }

  /** The offer that is out, or was to go out, comes to nothing: who was first in it is told why. */
  #takeBack(error: RizomaError): void {
    const outstanding = this.#outstanding;
    if (outstanding === undefined) {
      return;
    }
    this.#outstanding = undefined;
    this.#changed ||= this.moves.refused(outstanding.moves, error);
    for (const owner of new Set(outstanding.owners.values())) {
      this.#awaited.settle(owner, error);
    }
    this.#offer();
  }

  /** Takes the client's answer to the offer that is out. */
  onAnswer(sdp: string): Promise<void> {
    return this.connection.inOrder(async () => {
      const outstanding = this.#outstanding;
      if (outstanding === undefined) {
        throw new RizomaError('conflict', 'there is no offer that this could answer');
      }
      try {
        const answer = readDescription(sdp, { sections: outstanding.slots.length });
        checkSections(answer, outstanding.slots);
        await this.#connect(answer);
        await this.#apply(answer, outstanding.owners);
        await this.moves.taken(outstanding.moves);
      } catch (thrown) {
        const error = toRizomaError(thrown);
        this.#changed ||= this.moves.refused(outstanding.moves, error);
        for (const owner of outstanding.owners.values()) {
          this.#awaited.settle(owner, error);
        }
        throw thrown;
      } finally {
        this.#outstanding = undefined;
        this.#offer();
      }
    });
  }

  #requireOwner(owner: SectionOwner): void {
    if (!this.#owners.has(owner)) {
      throw new RizomaError('cancelled', 'the subscription ended before it was offered');
    }
  }

  #change(): void {
    this.#changed = true;
    this.#offer();
  }

  #offer(): void {
    if (!this.#changed || this.#outstanding !== undefined || this.connection.hasEnded) {
      return;
    }
    this.#changed = false;
    const isLast = this.#stopFarewell !== undefined;
    const slots = [...this.#slots.all];
    this.#outstanding = { slots, owners: this.#slots.sent(), moves: this.moves.offered() };
    this.connection.transport.then(
      ({ local }) => {
        if (this.connection.hasEnded) {
          return;
        }
        const offer = writeOffer(slots.flatMap(offered), local, this.connection.nextOrigin());
        if (offer.length > limits.ownSdp_chars) {
          this.#takeBack(tooLarge(offer));
          return;
        }
        this.#options.sendOffer(offer);
        if (isLast) {
          this.connection.close();
        }
      },
      // Whoever waits for the answer hears that the connection has ended.
      () => undefined,
    );
  }

  async #connect(answer: RemoteDescription): Promise<void> {
    this.#remoteUfrag = answer.ice.ufrag;
    this.#isFirefox = answer.isFirefox;
    if (this.#role === undefined) {
      const transport = await this.connection.transport;
      const role = answer.setup === 'passive' ? 'active' : 'passive';
      await transport.connect(answer.fingerprint, role === 'active' ? 'server' : 'client');
      this.#role = role;
    }
  }

  /** What the client says of the sections, in an answer or an offer. */
  async #apply(said: RemoteDescription, owners: ReadonlyMap<Slot, SectionOwner>): Promise<void> {
    const taken = new Set<SectionOwner>();
    const resumed: Promise<void>[] = [];
    for (const [index, section] of said.sections.entries()) {
      // The order of m-lines is that of the slots, and neither ever changes.
      const slot = this.#slots.all[index];
      const owner = slot === undefined ? undefined : owners.get(slot);
      // Browsers answer that they stopped a section with `inactive`, and reject it in their next offer.
      if (slot !== undefined && slot.owner === undefined && section.rejected) {
        slot.dead = true;
      }
      // Whoever left while the offer was out is out of it with the next one.
      if (slot === undefined || owner === undefined || slot.owner !== owner) {
        continue;
      }
      if (section.receives) {
        taken.add(owner);
        if (this.#awaited.has(owner) && slot.consumer !== undefined) {
          resumed.push(slot.consumer.resume());
        }
      } else {
        slot.consumer?.close();
        slot.consumer = undefined;
        slot.owner = undefined;
        slot.dead = section.rejected;
      }
    }
    // A consumer whose track ended meanwhile cannot resume, and need not.
    await Promise.allSettled(resumed);
    for (const owner of new Set(owners.values())) {
      this.#conclude(owner, taken.has(owner));
    }
  }

  #conclude(owner: SectionOwner, taken: boolean): void {
    if (taken) {
      this.#awaited.settle(owner, undefined);
    } else if (this.#awaited.has(owner)) {
      this.#awaited.settle(
        owner,
        new RizomaError('sdp_no_codec', 'the client took none of the tracks'),
      );
    } else if (this.#owners.has(owner)) {
      owner.refused();
    }
  }
}

/** It would not fit the link to the controller, on which others wait. */
function tooLarge(offer: string): RizomaError {
  return new RizomaError(
    'overloaded',
    `an offer of ${offer.length} characters is too large: give up another stream first`,
  );
}
