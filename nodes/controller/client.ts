import type { Clock } from '../../protocol/clock.ts';
import type {
  ClientEvent,
  ConnectionFailed,
  ConnectionMessage as ConnectionMessageType,
  P2pMessage as P2pMessageType,
  PublishMessage as PublishMessageType,
  RoomEnded,
  SoundWish,
  SendDataMessage as SendDataMessageType,
  StartRecorderMessage as StartRecorderMessageType,
  StopRecorderMessage as StopRecorderMessageType,
  StreamMessage as StreamMessageType,
  SubscribeMessage as SubscribeMessageType,
  UpdateAttributesMessage as UpdateAttributesMessageType,
} from '../../protocol/contracts/client.ts';
import {
  clientEvents,
  ConnectionMessage,
  P2pMessage,
  PublishMessage,
  SendDataMessage,
  StartRecorderMessage,
  StopRecorderMessage,
  StreamIdMessage,
  StreamMessage,
  sizeOf,
  SubscribeMessage,
  UpdateAttributesMessage,
} from '../../protocol/contracts/client.ts';
import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import type { AutoSubscribeMessage as AutoSubscribeMessageType } from '../../protocol/contracts/client-auto.ts';
import { AutoSubscribeMessage } from '../../protocol/contracts/client-auto.ts';
import { StrategyMessage, TargetMessage } from '../../protocol/contracts/client-config.ts';
import type { LastNMessage as LastNMessageType } from '../../protocol/contracts/last-n.ts';
import { LastNMessage } from '../../protocol/contracts/last-n.ts';
import type { RoomUser, ProvableUser } from '../../protocol/contracts/node-edge.ts';
import type { Entry } from '../../protocol/entry.ts';
import type { ConnectionPlan } from '../../protocol/contracts/controller-erizo.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { newUuid } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { checkNesting } from '../../protocol/nesting.ts';
import { parse } from '../../protocol/parse.ts';
import type { StrategyId } from '../../protocol/priorities.ts';
import type { Permission } from '../../protocol/roles.ts';
import { mayDo } from '../../protocol/roles.ts';
import type { Log } from '../log.ts';
import type { ChannelSocket } from './channel.ts';
import { Channel } from './channel.ts';
import { ClientLimits } from './client-limits.ts';
import { Connections } from './connections.ts';
import { defaults } from './defaults.ts';
import type { Flow } from './flow.ts';
import type { Line } from './line.ts';
import type { Answer, Received, SendOptions } from './reliable-socket.ts';
import type { Turns } from './turns.ts';

/**
 * With these words a client is ended that may come in again by its re-entry: what ended it was neither its wish nor
 * meant to keep it out.
 */
const mayComeAgain: ReadonlySet<string> = new Set<ErrorCode>([
  ...(['unavailable', 'conflict', 'overloaded'] as const),
]);

/** Who was let in, by a ticket or a token. */
export interface Visitor {
  roomId: string;
  userName: string;
  role: string;
  plan: ConnectionPlan;
  /** What it wants to hear of; Licode's clients do not ask. */
  sound?: SoundWish | undefined;
  /** Whether it sends the layers that it is told, and no others. */
  followsLayers: boolean;
  /** How the streams that it plays are to share a connection (Licode: `streamPriorityStrategy`). */
  strategy?: StrategyId | undefined;
  /** The `POST /join` with which it came; Licode's clients come without one. */
  requestId: string | undefined;
  /** Shows the edge that it let the client in, under that id. */
  entry: Entry;
  /** By the edge's clock, when it used the token that brought its ticket; undefined for one that came with a token itself. */
  joinedAt_ms: number | undefined;
}

/** What a client may ask of its room. Each answers, or throws an error whose words are the answer. */
export interface ClientHandlers {
  publish(client: Client, message: PublishMessageType, answer: Answer): Promise<void>;
  unpublish(client: Client, streamId: string): Promise<void>;
  subscribe(client: Client, message: SubscribeMessageType, answer: Answer): Promise<void>;
  unsubscribe(client: Client, streamId: string): Promise<void>;
  /** Answered at once; resolves when its process has dealt with it. */
  connectionMessage(client: Client, message: ConnectionMessageType): Promise<void>;
  streamMessage(client: Client, message: StreamMessageType): Promise<void>;
  streamMessageP2p(client: Client, message: P2pMessageType): void;
  streamStats(client: Client, streamId: string): Promise<unknown>;
  sendData(client: Client, message: SendDataMessageType): void;
  /** Answers the recording's id. */
  startRecorder(client: Client, message: StartRecorderMessageType): Promise<string>;
  stopRecorder(client: Client, message: StopRecorderMessageType): Promise<void>;
  updateAttributes(client: Client, message: UpdateAttributesMessageType): void;
  /** Which streams it receives without asking for each. */
  autoSubscribe(client: Client, message: AutoSubscribeMessageType): void;
  /** In the place of what it wanted before. */
  setBandwidth(client: Client, bandwidth: ClientBandwidth): Promise<void>;
  setLastN(client: Client, message: LastNMessageType): Promise<void>;
  /** Once, and last. */
  left(client: Client, why: string): void;
}

/** A participant (Licode: `models/Client.js`): who it is, its channel, and what it has in the room. */
export class Client {
  /** Others know it. */
  readonly id: string;
  /** With it the client comes back; nobody else is told, and no log holds it. */
  readonly returnKey = newUuid();
  readonly userName: string;
  readonly role: string;
  readonly plan: ConnectionPlan;
  readonly requestId: string | undefined;
  readonly sound: SoundWish | undefined;
  readonly followsLayers: boolean;
  /** What it wants of all its connections. */
  bandwidth: ClientBandwidth;
  /** Of how many of those who spoke last it is sent the video; of all where it is undefined. */
  lastN: number | undefined;
  /** When the edge sent it here, and what shows that. */
  readonly entry: Entry;
  /** Whether it can come in again without a token: it came by a ticket. */
  readonly hasReentry: boolean;
  /** Whether it came by the ticket that its join has for the controller that is tried first, and was at none before. */
  readonly isFirstHere: boolean;
  #nextNumber = 0;
  readonly publications = new Map<string, Flow>();
  readonly subscriptions = new Map<string, Flow>();
  /** Of what is said of each stream that it publishes, as `StreamBudget` counts it. */
  readonly streams_bytes = new Map<string, number>();
  readonly connections: Connections;
  readonly limits: ClientLimits;
  #leftForGood = false;
  /** As it calls itself with what it says of its connections. */
  browser: string | undefined;
  /** Its requests that are not answered, and its descriptions that are not dealt with, numbered or not. */
  #waiting = 0;
  /** Kept, as whoever joins has those of all others at its process added up. */
  #consumers = 0;
  readonly #channel: Channel;
  readonly #log: Log;
  readonly #handlers: ClientHandlers;

  constructor(
    components: { clock: Clock; log: Log; turns: Turns },
    options: { visitor: Visitor; handlers: ClientHandlers },
  ) {
    const { visitor, handlers } = options;
    this.id = visitor.entry.clientId;
    this.userName = visitor.userName;
    this.plan = visitor.plan;
    const { plan } = visitor;
    this.connections = new Connections({ kept: plan === 'single', remembers: plan !== 'dual' });
    this.requestId = visitor.requestId;
    this.sound = visitor.sound;
    this.followsLayers = visitor.followsLayers;
    this.bandwidth = visitor.strategy === undefined ? {} : { strategy: visitor.strategy };
    this.entry = visitor.entry;
    const { joinedAt_ms, entry } = visitor;
    this.hasReentry = joinedAt_ms !== undefined;
    this.isFirstHere = joinedAt_ms === entry.enteredAt_ms;
    this.role = visitor.role;
    this.#handlers = handlers;
    this.#log = components.log.child({ clientId: this.id });
    this.limits = new ClientLimits(components);
    this.#channel = new Channel(components, {
      onMessage: (received) => {
        this.#onMessage(received).catch((thrown: unknown) => this.#fail(thrown));
      },
      // A room that is told of something may have hundreds of those at once.
      onStuck: (why) =>
        components.turns.add(() =>
          this.end(why, {
            code: 'overloaded',
            message: 'you take or confirm nothing of what you are sent: join again',
          }),
        ),
      onFault: (thrown) => this.#fail(thrown),
      onFlood: () =>
        this.close('it floods', {
          code: 'rate_limited',
          message: 'too many messages in one second: join again, and send fewer',
        }),
      onReconnecting: () => this.#log.info('client is away'),
      onEnd: (why, goodbye) => {
        this.#leftForGood ||= goodbye;
        handlers.left(this, why);
      },
    });
  }

  /**
   * Whether its connections go on in another process by offers of ours alone. Clients of our SDK begin new
   * ones by themselves; Firefox keeps to the DTLS association that it has.
   */
  get restorable(): boolean {
    return this.plan !== 'dual' && this.browser !== 'mozilla';
  }

  get connected(): boolean {
    return this.#channel.at === 'connected';
  }

  /** As the Room object knows it. */
  get user(): RoomUser {
    const { id: clientId, userName: name, role, entry } = this;
    return { clientId, name, role, enteredAt_ms: entry.enteredAt_ms };
  }

  /** As the Room object is told of it. */
  get provableUser(): ProvableUser {
    return { ...this.user, proof: this.entry.proof };
  }

  /** Tracks that it has asked its process for. */
  get consumers(): number {
    return this.#consumers;
  }

  /** It asks for so many tracks with a subscription of its own. */
  demandTracks(flow: Flow, tracks: number): void {
    this.#consumers += tracks - flow.tracks;
    flow.tracks = tracks;
  }

  /** For a stream that the client has not numbered itself: from the last number down, as clients that number begin with 0. */
  nextStreamNumber(): number {
    this.#nextNumber = (this.#nextNumber + limits.streamNumbers - 1) % limits.streamNumbers;
    return this.#nextNumber;
  }

  /** Whether it left, or was put out, and does not come in again without a token. */
  get leftForGood(): boolean {
    return this.#leftForGood;
  }

  get gone(): boolean {
    return this.#channel.at === 'disconnected';
  }

  /** Its first socket, or the one with which it comes back. */
  attach(socket: ChannelSocket, line: Pick<Line, 'unsent_bytes' | 'cut' | 'paidBy'>): void {
    line.paidBy(this.limits.talk);
    this.#channel.attach(socket, line);
  }

  /** False where it is left out, or the client is about to end. */
  send(event: string, message: unknown, options?: SendOptions): boolean {
    return this.#channel.send(event, message, options);
  }

  connectionFailed(failure: ConnectionFailed): void {
    this.send('connection_failed', failure);
  }

  /** Throws `unauthorized` with Licode's word for it. */
  demand(permission: Permission, asked: Readonly<Record<string, unknown>>): void {
    if (!mayDo(this.role, permission, asked)) {
      throw new RizomaError('unauthorized', 'Unauthorized');
    }
  }

  /** Ends it for good; the words reach the client first where there are some. */
  close(why: string, farewell?: RoomEnded): void {
    if (farewell !== undefined) {
      this.send('room_ended', farewell);
    }
    this.#leftForGood = farewell === undefined || !mayComeAgain.has(farewell.code);
    this.#channel.close(why);
  }

  async #statsOf(streamId: string): Promise<unknown> {
    const stats = await this.#handlers.streamStats(this, streamId);
    this.limits.chargeStats(sizeOf(stats));
    return stats;
  }

  /** Ends it, whatever goes wrong meanwhile: others are to be ended too. */
  end(why: string, farewell?: RoomEnded): void {
    try {
      this.close(why, farewell);
    } catch (thrown) {
      this.#log.error({ err: thrown, why }, 'a client could not be ended in order');
    }
  }

  /** What went wrong with what it sent, for a fault of ours, ends this client and no other. */
  #fail(thrown: unknown): void {
    this.#log.error({ err: thrown }, 'a client is ended, as its message could not be handled');
    this.end('its message could not be handled', {
      code: 'internal',
      message: 'your message could not be handled: join again',
    });
  }

  async #onMessage({ event, msg, answer: reply }: Received): Promise<void> {
    const done = this.#wait();
    const answer: Answer = (...args) => {
      done();
      reply(...args);
    };
    try {
      this.limits.chargeMessage();
      if (this.#waiting > defaults.waitingRequests) {
        throw new RizomaError('overloaded', 'too many requests wait for their answers: try again');
      }
      checkNesting(msg, event.slice(0, 64), limits.nesting, limits.groups);
      await this.#handle(eventOf(event), msg, answer);
    } catch (thrown) {
      this.#refuse(event, toRizomaError(thrown), answer);
    } finally {
      done();
    }
  }

  /** Something of it waits until the answer is called, which may be done twice. */
  #wait(): () => void {
    let waits = 1;
    this.#waiting += waits;
    return () => {
      this.#waiting -= waits;
      waits = 0;
    };
  }

  async #carry(message: ConnectionMessageType, answer: Answer): Promise<void> {
    const done = this.#wait();
    try {
      const carried = this.#handlers.connectionMessage(this, message);
      answer();
      await carried;
    } finally {
      done();
    }
  }

  async #handle(event: ClientEvent, msg: unknown, answer: Answer): Promise<void> {
    switch (event) {
      case 'publish':
        return this.#handlers.publish(this, parse(PublishMessage, msg, event), answer);
      case 'subscribe':
        return this.#handlers.subscribe(this, parse(SubscribeMessage, msg, event), answer);
      case 'unpublish':
        await this.#handlers.unpublish(this, parse(StreamIdMessage, msg, event));
        return answer(true);
      case 'unsubscribe':
        await this.#handlers.unsubscribe(this, parse(StreamIdMessage, msg, event));
        return answer(true);
      case 'connectionMessage':
        return this.#carry(parse(ConnectionMessage, msg, event), answer);
      case 'streamMessage':
        await this.#handlers.streamMessage(this, parse(StreamMessage, msg, event));
        return answer();
      case 'streamMessageP2P':
        this.#handlers.streamMessageP2p(this, parse(P2pMessage, msg, event));
        return answer();
      case 'getStreamStats':
        return answer(await this.#statsOf(parse(StreamIdMessage, msg, event)));
      case 'sendDataStream':
        this.#handlers.sendData(this, parse(SendDataMessage, msg, event));
        return answer();
      case 'updateStreamAttributes':
        this.#handlers.updateAttributes(this, parse(UpdateAttributesMessage, msg, event));
        return answer();
      case 'startRecorder':
        return answer(
          await this.#handlers.startRecorder(this, parse(StartRecorderMessage, msg, event)),
        );
      case 'stopRecorder':
        await this.#handlers.stopRecorder(this, parse(StopRecorderMessage, msg, event));
        return answer(true);
      case 'autoSubscribe':
        this.#handlers.autoSubscribe(this, parse(AutoSubscribeMessage, msg, event));
        return answer(true);
      case 'setStreamPriorityStrategy': {
        const { target_bps } = this.bandwidth;
        const strategy = parse(StrategyMessage, msg, event);
        await this.#handlers.setBandwidth(this, { strategy, target_bps });
        return answer(true);
      }
      case 'setConnectionTargetBandwidth': {
        const { strategy } = this.bandwidth;
        const target_bps = parse(TargetMessage, msg, event);
        await this.#handlers.setBandwidth(this, { strategy, target_bps });
        return answer(true);
      }
      case 'setLastN':
        await this.#handlers.setLastN(this, parse(LastNMessage, msg, event));
        return answer(true);
      case 'heartbeat':
        return answer();
      case 'clientDisconnection':
        answer();
        return this.close('it left');
    }
  }

  /**
   * Licode's client looks for the words second or fourth, by what it asked for; `Unauthorized` is the
   * text that it knows, all others begin with their code.
   */
  #refuse(event: string, error: RizomaError, answer: Answer): void {
    if (error.code === 'internal') {
      this.#log.error({ err: error, event }, 'request failed');
    } else {
      this.#log.debug({ code: error.code, event: event.slice(0, 64) }, 'request refused');
    }
    const words = error.code === 'unauthorized' ? error.message : `${error.code}: ${error.message}`;
    answer(null, words, null, words);
  }
}

function eventOf(event: string): ClientEvent {
  const known = clientEvents.find((name) => name === event);
  if (known === undefined) {
    throw new RizomaError('unknown_method', `${event.slice(0, 64)} is not supported here`);
  }
  return known;
}
