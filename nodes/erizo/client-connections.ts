import { assertNever } from '../../protocol/assert-never.ts';
import type { Clock } from '../../protocol/clock.ts';
import type {
  ClientSdpMessage,
  ConnectionPlan,
  SdpMessage,
} from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import { Connection } from './connection.ts';
import type { Engine } from './engine.ts';
import { plans } from './plans.ts';
import { PublishConnection } from './publish-connection.ts';
import { SubscribeConnection } from './subscribe-connection.ts';

export interface ClientConnectionsOptions {
  send(connectionId: string, msg: SdpMessage): void;
  /** It ended by itself. */
  publishFailed(target: PublishConnection): void;
  subscribeFailed(target: SubscribeConnection): void;
  /** One is no more, however it ended. */
  ended(): void;
}

/** The connections of one client: which one a stream goes over, and what the client says of each. */
export class ClientConnections {
  readonly #components: { engine: Engine; clock: Clock; log: Log };
  readonly #options: ClientConnectionsOptions;
  readonly #publish = new Map<string, PublishConnection>();
  readonly #subscribe = new Map<string, SubscribeConnection>();

  constructor(
    components: { engine: Engine; clock: Clock; log: Log },
    options: ClientConnectionsOptions,
  ) {
    this.#components = components;
    this.#options = options;
  }

  get size(): number {
    return this.#publish.size + this.#subscribe.size;
  }

  /** The connection that the client's next stream comes in on. */
  publishTarget(name: ConnectionPlan): PublishConnection {
    const plan = plans[name];
    const shared = [...this.#publish.values()].find((one) => plan.shared && one.takesMore);
    if (shared !== undefined) {
      return shared;
    }
    const connection = this.#open({
      failed: () => this.#options.publishFailed(made),
      ended: (id) => this.#publish.delete(id),
    });
    const made = new PublishConnection(
      { connection, capabilities: this.#components.engine.capabilities },
      { plan, sendAnswer: (sdp) => this.#options.send(connection.id, { type: 'answer', sdp }) },
    );
    this.#publish.set(connection.id, made);
    return made;
  }

  /** The connection that the client gets its next stream on. */
  subscribeTarget(name: ConnectionPlan): SubscribeConnection {
    const plan = plans[name];
    const shared = [...this.#subscribe.values()].find((one) => plan.shared && one.takesMore);
    if (shared !== undefined) {
      return shared;
    }
    const connection = this.#open({
      failed: () => this.#options.subscribeFailed(made),
      ended: (id) => {
        made.onEnd();
        this.#subscribe.delete(id);
      },
    });
    const made = new SubscribeConnection(
      { connection, clock: this.#components.clock },
      {
        plan,
        sendOffer: (sdp) => this.#options.send(connection.id, { type: 'offer', sdp }),
        sendAnswer: (sdp) => this.#options.send(connection.id, { type: 'answer', sdp }),
      },
    );
    this.#subscribe.set(connection.id, made);
    return made;
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

  #open(on: { failed: () => void; ended: (connectionId: string) => void }): Connection {
    const connection = Connection.create(this.#components, {
      onFailed: () => {
        this.#retireKept();
        on.failed();
      },
      onEnd: () => {
        on.ended(connection.id);
        this.#options.ended();
      },
    });
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

async function onPublishMessage(target: PublishConnection, msg: ClientSdpMessage): Promise<void> {
  switch (msg.type) {
    case 'offer':
      return target.onOffer(msg.sdp);
    case 'failed':
      return target.connection.fail();
    case 'answer':
    case 'offer-error':
      throw new RizomaError(
        'conflict',
        `a connection that the client offers on takes no ${msg.type}`,
      );
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
