import { assertNever } from '../../protocol/assert-never.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { ParamsOf } from '../../protocol/contract.ts';
import type {
  ClientSdpMessage,
  ConnectionPlan,
  ControllerToErizo,
  SdpMessage,
} from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import { Adapter } from './adaptation/adapter.ts';
import type { LayerRates } from './adaptation/layer-rates.ts';
import type { QualityLevel } from './adaptation/quality.ts';
import { QualityWatch } from './adaptation/quality-watch.ts';
import { Connection } from './connection.ts';
import type { Engine } from './engine.ts';
import type { Plan } from './plans.ts';
import type { PicturesOf } from './pictures/pictures-of.ts';
import { plans } from './plans.ts';
import { PublishConnection } from './publish-connection.ts';
import { SubscribeConnection } from './subscribe-connection.ts';

interface Components {
  engine: Engine;
  clock: Clock;
  log: Log;
  rates: LayerRates;
  pictures: PicturesOf;
}
type RestoreParams = ParamsOf<ControllerToErizo, 'restoreConnection'>;

export interface ClientConnectionsOptions {
  send(connectionId: string, msg: SdpMessage): void;
  /** How good one is; told when that changes. */
  quality(connectionId: string, level: QualityLevel): void;
  /** It ended by itself. */
  publishFailed(target: PublishConnection): void;
  subscribeFailed(target: SubscribeConnection): void;
  /** One is no more, however it ended. */
  ended(): void;
}

/** The connections of one client: which one a stream goes over, and what the client says of each. */
export class ClientConnections {
  readonly #components: Components;
  readonly #options: ClientConnectionsOptions;
  readonly #publish = new Map<string, PublishConnection>();
  readonly #subscribe = new Map<string, SubscribeConnection>();
  /** What the client wants of those on which it plays, and who speaks. */
  #bandwidth: ClientBandwidth = {};
  #speaker: string | undefined;

  constructor(components: Components, options: ClientConnectionsOptions) {
    this.#components = components;
    this.#options = options;
  }

  get size(): number {
    return this.#publish.size + this.#subscribe.size;
  }

  /** Takes over a connection of another process. Throws `conflict` and `sdp_malformed`. */
  restore({ connectionId, plan: name, direction, last, streams }: RestoreParams): void {
    if (this.#publish.has(connectionId) || this.#subscribe.has(connectionId)) {
      throw new RizomaError('conflict', `connection ${connectionId} is here already`);
    }
    const publishes = direction === 'publish';
    const plan = plans[name];
    const made = publishes
      ? this.#newPublish(plan, connectionId)
      : this.#newSubscribe(plan, connectionId);
    if (last === undefined) {
      return;
    }
    try {
      made.restore(last, new Set(streams));
    } catch (thrown) {
      made.connection.close();
      throw thrown;
    }
  }

  /** What is kept for a stream that comes another way need not be. */
  release(streamId: string): void {
    for (const target of this.#subscribe.values()) {
      target.release(streamId);
    }
  }

  /** The connection that the client's next stream comes in on. Throws `not_found` where a restored one ended. */
  publishTarget(name: ConnectionPlan, restored?: string): PublishConnection {
    if (restored !== undefined) {
      return found(this.#publish, restored);
    }
    const plan = plans[name];
    const shared = [...this.#publish.values()].find((one) => plan.shared && one.takesMore);
    if (shared !== undefined) {
      return shared;
    }
    return this.#newPublish(plan);
  }

  #newPublish(plan: Plan, id?: string): PublishConnection {
    const connection = this.#open({
      id,
      failed: () => this.#options.publishFailed(made),
      ended: (id) => this.#publish.delete(id),
      loss: 'lossReceived',
      isStarved: () => false,
    });
    const made = new PublishConnection(
      { connection, capabilities: this.#components.engine.capabilities },
      {
        plan,
        sendOffer: (sdp) => this.#options.send(connection.id, { type: 'offer', sdp }),
        sendAnswer: (sdp) => this.#options.send(connection.id, { type: 'answer', sdp }),
      },
    );
    this.#publish.set(connection.id, made);
    return made;
  }

  /** The connection that the client gets its next stream on. Throws `not_found` where a restored one ended. */
  subscribeTarget(name: ConnectionPlan, restored?: string): SubscribeConnection {
    if (restored !== undefined) {
      return found(this.#subscribe, restored);
    }
    const plan = plans[name];
    const shared = [...this.#subscribe.values()].find((one) => plan.shared && one.takesMore);
    if (shared !== undefined) {
      return shared;
    }
    return this.#newSubscribe(plan);
  }

  #newSubscribe(plan: Plan, id?: string): SubscribeConnection {
    const connection = this.#open({
      id,
      failed: () => this.#options.subscribeFailed(made),
      ended: (id) => {
        made.onEnd();
        this.#subscribe.delete(id);
      },
      loss: 'lossSent',
      isStarved: () => adapter.isStarved,
    });
    const adapter = new Adapter(this.#components, {
      estimate: async () => (await measure(connection))?.available_bps,
    });
    const made = new SubscribeConnection(
      { connection, adapter, clock: this.#components.clock },
      {
        plan,
        sendOffer: (sdp) => this.#options.send(connection.id, { type: 'offer', sdp }),
        sendAnswer: (sdp) => this.#options.send(connection.id, { type: 'answer', sdp }),
      },
    );
    this.#subscribe.set(connection.id, made);
    this.#fit(made);
    return made;
  }

  /** What the client wants of the connections on which it plays. */
  setBandwidth(bandwidth: ClientBandwidth): void {
    this.#bandwidth = bandwidth;
    this.#subscribe.forEach((target) => this.#fit(target));
  }

  setSpeaker(streamId: string): void {
    this.#speaker = streamId;
    this.#subscribe.forEach(({ adapter }) => adapter.setSpeaker(streamId));
  }

  /** What the client says of one of its connections. */
  async onMessage(connectionId: string, msg: ClientSdpMessage): Promise<void> {
    const published = this.#publish.get(connectionId);
    const subscribed = this.#subscribe.get(connectionId);
    if (published !== undefined) {
      await onPublishMessage(published, msg);
    } else if (subscribed !== undefined) {
      await onSubscribeMessage(subscribed, msg);
    } else {
      throw new RizomaError('not_found', `the client has no connection ${connectionId} here`);
    }
  }

  close(): void {
    for (const { connection } of [...this.#publish.values(), ...this.#subscribe.values()]) {
      connection.close();
    }
  }

  #fit(target: SubscribeConnection): void {
    const { strategy, target_bps } = this.#bandwidth;
    target.limit.setTarget(target_bps);
    target.adapter.setStrategy(strategy);
    target.adapter.setSpeaker(this.#speaker);
  }

  #open(on: {
    id: string | undefined;
    failed: () => void;
    ended: (connectionId: string) => void;
    loss: 'lossSent' | 'lossReceived';
    isStarved: () => boolean;
  }): Connection {
    let watch: QualityWatch | undefined;
    const connection = Connection.create(this.#components, {
      ...(on.id === undefined ? {} : { id: on.id }),
      onFailed: () => {
        this.#retireKept();
        on.failed();
      },
      onEnd: () => {
        watch?.close();
        on.ended(connection.id);
        this.#options.ended();
      },
    });
    const begin = (): void => {
      watch = QualityWatch.create(this.#components, {
        loss: async () => (await measure(connection))?.[on.loss],
        isStarved: on.isStarved,
        onLevel: (level) => this.#options.quality(connection.id, level),
      });
    };
    // One that never connected has no quality.
    connection.connected.then(begin, () => undefined);
    return connection;
  }

  /** Licode's client forgets both of its connections when either fails, and asks for new ones. */
  #retireKept(): void {
    for (const target of [...this.#publish.values(), ...this.#subscribe.values()]) {
      if (target.isKept) {
        target.retire();
      }
    }
  }
}

/** Nothing of one that has just ended. */
async function measure(connection: Connection) {
  try {
    const transport = await connection.transport;
    return await transport.measure();
  } catch {
    return undefined;
  }
}

function found<T>(connections: ReadonlyMap<string, T>, connectionId: string): T {
  const connection = connections.get(connectionId);
  if (connection === undefined) {
    throw new RizomaError('not_found', `connection ${connectionId} was not restored here`);
  }
  return connection;
}

async function onPublishMessage(target: PublishConnection, msg: ClientSdpMessage): Promise<void> {
  switch (msg.type) {
    case 'offer':
      return target.onOffer(msg.sdp);
    case 'failed':
      return target.connection.fail();
    case 'answer':
      return target.onAnswer(msg.sdp);
    case 'offer-error':
      return target.onOfferRefused();
    default:
      return assertNever(msg);
  }
}

async function onSubscribeMessage(
  target: SubscribeConnection,
  msg: ClientSdpMessage,
): Promise<void> {
  switch (msg.type) {
    case 'answer':
      return target.onAnswer(msg.sdp);
    case 'offer':
      return target.onOffer(msg.sdp);
    case 'offer-error':
      return target.onOfferRefused();
    case 'failed':
      return target.connection.fail();
    default:
      return assertNever(msg);
  }
}
