import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Connection } from './connection.ts';
import type { WebRtcTransport } from './engine-transports.ts';
import type { Capabilities, LocalTransport, Producer } from './media.ts';
import type { Plan } from './plans.ts';
import type { Publisher } from './publisher.ts';
import { answerSetup, writeAnswer, writeReceivingOffer } from './sdp/answer.ts';
import type { Chosen } from './sdp/codecs.ts';
import { choose, parametersOf } from './sdp/codecs.ts';
import { readDescription } from './sdp/read.ts';
import type { RemoteDescription, RemoteSection } from './sdp/remote.ts';

/** Tracks of one stream; as many as a pull may carry. */
const tracksPerStream = 8;

interface Received {
  publisher: Publisher;
  producer: Producer;
  chosen: Chosen;
  /** A section that comes again with other sources is another track. */
  sources: string;
}

interface Wanted {
  section: RemoteSection;
  publisher: Publisher;
  chosen: Chosen;
}

/** A connection on which the client offers and we receive. */
export class PublishConnection {
  readonly connection: Connection;
  readonly #capabilities: Capabilities;
  readonly #plan: Plan;
  readonly #sendOffer: (sdp: string) => void;
  readonly #sendAnswer: (sdp: string) => void;
  readonly #publishers = new Set<Publisher>();
  readonly #received = new Map<string, Received>();
  #connecting: Promise<void> | undefined;
  #remoteUfrag: string | undefined;
  #isRetired = false;
  /** An offer of ours is out, which restores the connection. */
  #restoring = false;

  constructor(
    components: { connection: Connection; capabilities: Capabilities },
    options: {
      plan: Plan;
      sendOffer: (sdp: string) => void;
      sendAnswer: (sdp: string) => void;
    },
  ) {
    this.connection = components.connection;
    this.#capabilities = components.capabilities;
    this.#plan = options.plan;
    this.#sendOffer = options.sendOffer;
    this.#sendAnswer = options.sendAnswer;
  }

  /**
   * Takes over what the client described last, to another process. Throws `sdp_malformed`. Browsers follow
   * a new fingerprint that comes with new ICE credentials by a DTLS handshake of its own (RFC 8842, section 4).
   */
  restore(last: string): void {
    const described = readDescription(last);
    const accepted = new Map<string, Chosen>();
    for (const section of described.sections) {
      const chosen = section.sends ? choose(section, this.#capabilities) : undefined;
      if (chosen !== undefined) {
        accepted.set(section.mid, chosen);
      }
    }
    this.#restoring = true;
    this.connection.transport.then(
      ({ local }) => {
        if (!this.connection.hasEnded) {
          const origin = this.connection.nextOrigin();
          this.#sendOffer(writeReceivingOffer(described, local, accepted, origin));
        }
      },
      // Whoever waits for the answer hears that the connection has ended.
      () => undefined,
    );
  }

  get publishers(): ReadonlySet<Publisher> {
    return this.#publishers;
  }

  add(publisher: Publisher): void {
    this.#publishers.add(publisher);
  }

  /** Nothing more is published on it; it stays for what is. */
  retire(): void {
    this.#isRetired = true;
    this.#closeIfUnused();
  }

  get isKept(): boolean {
    return this.#plan.kept;
  }

  /** Whether another stream may be published on it. */
  get takesMore(): boolean {
    return this.#plan.shared && !this.#isRetired;
  }

  /** Its sections stay in the session without a track; the last one may take the connection with it. */
  remove(publisher: Publisher): void {
    this.#publishers.delete(publisher);
    for (const [mid, received] of this.#received) {
      if (received.publisher === publisher) {
        received.producer.close();
        this.#received.delete(mid);
      }
    }
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (this.#publishers.size === 0 && (this.#isRetired || !this.#plan.kept)) {
      this.connection.close();
    }
  }

  /**
   * Takes an offer and answers it. An offer that cannot be taken leaves nothing of it behind, and
   * ends the publishers that waited for it with the same error. While an offer of ours is out the
   * client's is passed over: it takes ours, and offers again if it still has to.
   */
  onOffer(sdp: string): Promise<void> {
    return this.connection.inOrder(async () => {
      if (!this.#restoring) {
        await this.#receive(sdp, { isOffer: true });
      }
    });
  }

  /** Takes the answer to the offer that restores the connection. Throws `conflict` where there is none. */
  onAnswer(sdp: string): Promise<void> {
    return this.connection.inOrder(async () => {
      if (!this.#restoring) {
        throw new RizomaError('conflict', 'there is no offer that this could answer');
      }
      this.#restoring = false;
      await this.#receive(sdp, { isOffer: false });
    });
  }

  /** The client could not take the offer: there is no other way to restore the connection. */
  onOfferRefused(): void {
    if (this.#restoring) {
      this.connection.fail();
    }
  }

  async #receive(sdp: string, { isOffer }: { isOffer: boolean }): Promise<void> {
    const made: Producer[] = [];
    try {
      const description = readDescription(sdp);
      const fresh = await this.#take(description, made);
      const { local } = await this.connection.transport;
      this.#settle(fresh, isOffer ? () => this.#answer(description, local) : () => undefined);
    } catch (thrown) {
      for (const producer of made) {
        producer.close();
      }
      const error = toRizomaError(thrown);
      for (const publisher of [...this.#publishers].filter((one) => one.isAwaited)) {
        publisher.close(error);
      }
      throw error;
    }
  }

  /** The sections that are new. */
  async #take(offer: RemoteDescription, made: Producer[]): Promise<ReadonlyMap<string, Received>> {
    const wanted = this.#select(offer);
    const transport = await this.connection.transport;
    await this.#connect(transport, offer);
    const fresh = new Map<string, Received>();
    for (const { section, publisher, chosen } of wanted) {
      const sources = sourcesOf(section);
      const known = this.#received.get(section.mid);
      if (known?.sources === sources && known.publisher === publisher) {
        continue;
      }
      known?.producer.close();
      this.#received.delete(section.mid);
      const rtpParameters = parametersOf(section, chosen);
      const producer = await transport.produce({ kind: chosen.kind, rtpParameters });
      made.push(producer);
      fresh.set(section.mid, { publisher, producer, chosen, sources });
    }
    this.#dropOthers(wanted);
    return fresh;
  }

  /** Connects before the answer goes out: DTLS that comes earlier than this is dropped. */
  async #connect(transport: WebRtcTransport, offer: RemoteDescription): Promise<void> {
    const role = answerSetup(offer) === 'active' ? 'server' : 'client';
    this.#connecting ??= transport.connect(offer.fingerprint, role);
    await this.#connecting;
    // New credentials of the client are an ICE restart, which we follow (RFC 8445, section 9).
    if (this.#remoteUfrag !== undefined && this.#remoteUfrag !== offer.ice.ufrag) {
      await transport.restartIce();
    }
    this.#remoteUfrag = offer.ice.ufrag;
  }

  /** Sections that the client no longer sends. */
  #dropOthers(wanted: readonly Wanted[]): void {
    const sent = new Set(wanted.map(({ section }) => section.mid));
    for (const [mid, received] of this.#received) {
      if (!sent.has(mid)) {
        received.producer.close();
        this.#received.delete(mid);
      }
    }
  }

  #settle(fresh: ReadonlyMap<string, Received>, reply: () => void): void {
    for (const [mid, received] of fresh) {
      // It may have been unpublished while its tracks were made.
      if (received.publisher.hasEnded) {
        received.producer.close();
      } else {
        this.#received.set(mid, received);
      }
    }
    if (this.connection.hasEnded) {
      throw new RizomaError('unavailable', 'the connection ended during its offer');
    }
    reply();
    for (const publisher of this.#publishers) {
      const producers = [...fresh.values()]
        .filter((received) => received.publisher === publisher)
        .map((received) => received.producer);
      if (producers.length > 0) {
        publisher.start(producers);
      }
    }
  }

  #answer(offer: RemoteDescription, local: LocalTransport): void {
    const accepted = new Map([...this.#received].map(([mid, { chosen }]) => [mid, chosen]));
    this.#sendAnswer(writeAnswer(offer, local, accepted, this.connection.nextOrigin()));
  }

  /** Which sections belong to which publisher, and with what codec they are taken. */
  #select(offer: RemoteDescription): Wanted[] {
    const wanted: Wanted[] = [];
    for (const section of offer.sections) {
      const publisher = section.sends ? this.#publisherOf(section) : undefined;
      if (publisher === undefined || !publisher.takes(section.kind)) {
        continue;
      }
      const chosen = choose(section, this.#capabilities);
      if (chosen === undefined) {
        const names = [...new Set(section.codecs.map((codec) => codec.name))].join(', ');
        throw new RizomaError(
          'sdp_no_codec',
          `m-section ${section.mid} (${section.kind}) offers no codec that is taken here: ${names}`,
        );
      }
      wanted.push({ section, publisher, chosen });
    }
    this.#check(wanted);
    return wanted;
  }

  #publisherOf(section: RemoteSection): Publisher | undefined {
    if (!this.#plan.shared) {
      return [...this.#publishers][0];
    }
    return [...this.#publishers].find(({ label }) => label === section.msid?.streamId);
  }

  #check(wanted: readonly Wanted[]): void {
    if (wanted.length === 0 && !this.#plan.shared) {
      throw new RizomaError('sdp_malformed', 'the offer sends nothing of the stream');
    }
    for (const publisher of this.#publishers) {
      const count = wanted.filter((one) => one.publisher === publisher).length;
      if (count > tracksPerStream) {
        throw new RizomaError(
          'sdp_malformed',
          `a stream has at most ${tracksPerStream} tracks, this one has ${count}`,
        );
      }
    }
  }
}

function sourcesOf(section: RemoteSection): string {
  return JSON.stringify([section.encodings.map(({ ssrc }) => ssrc), section.rids]);
}
