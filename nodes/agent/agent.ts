import { assertNever } from '../../protocol/assert-never.ts';
import type { Clock } from '../../protocol/clock.ts';
import type {
  AgentToController,
  ControllerToAgent,
  Trust,
} from '../../protocol/contracts/controller-agent.ts';
import { agentToController, controllerToAgent } from '../../protocol/contracts/controller-agent.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import type { ErizoMeasures } from '../../protocol/contracts/erizo-measures.ts';
import { Hello } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Caller, Keyring } from '../link/keyring.ts';
import type { ZmqListener } from '../link/zmq-listener.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import type { ErizoEnvironment } from './erizo-process.ts';
import { spawnErizo } from './erizo-process.ts';
import type { ErizoSums } from './erizos.ts';
import { Erizos } from './erizos.ts';
import { Holders } from './holders.ts';
import type { PoolOptions } from './pool-state.ts';

export interface AgentComponents {
  clock: Clock;
  log: Log;
  zmq: ZmqSockets;
  /** The key of the node, which its processes are given, and those of the members, which they are told. */
  keyring: Keyring;
}

export interface AgentOptions extends PoolOptions {
  /** What its ErizoJS processes are told; its `nodeId` is the agent's id. */
  environment: ErizoEnvironment;
  /** Of its ROUTER socket on the environment's `ip`; 0 takes any free one. */
  rpcPort: number;
  /** For measurements of the calls to its processes. */
  onCall?: OnCall | undefined;
}

type ControllerPeer = RpcPeer<AgentToController, ControllerToAgent>;

/**
 * The agent of a host: it starts and replaces ErizoJS processes and gives them to the controllers
 * of its region (Licode: `erizoAgent`). Should it be killed, they live on and its successor takes
 * them over; closed in order, it ends them first.
 */
export class Agent {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: AgentOptions;
  readonly #zmq: ZmqSockets;
  readonly #erizos: Erizos;
  readonly #controllers = new Set<ControllerPeer>();
  readonly #holders = new Holders();
  #listener: ZmqListener | undefined;
  #draining = false;
  #closed: Promise<void> | undefined;

  constructor(components: AgentComponents, options: AgentOptions) {
    const { clock, log, zmq, keyring } = components;
    const { environment, prerunProcesses, maxProcesses, consumersPerErizo } = options;
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
    this.#zmq = zmq;
    const curve = keyring.own;
    this.#erizos = new Erizos(
      {
        clock,
        log,
        keyring,
        spawn: (erizoId, onExit) =>
          spawnErizo(
            { log },
            { erizoId, agentEndpoint: this.endpoint, environment, curve, onExit },
          ),
      },
      {
        ...{ prerunProcesses, maxProcesses, onCall: options.onCall },
        ...(consumersPerErizo === undefined ? {} : { consumersPerErizo }),
        onExited: (erizoId) => this.#tellExited(erizoId),
      },
    );
  }

  /** Binds its socket and starts the first processes. Rejects where the port is taken. */
  static async create(components: AgentComponents, options: AgentOptions): Promise<Agent> {
    const agent = new Agent(components, options);
    agent.#listener = await agent.#listen();
    agent.#erizos.start();
    components.log.info({ endpoint: agent.endpoint }, 'agent started');
    return agent;
  }

  async #listen(): Promise<ZmqListener> {
    const { ip } = this.#options.environment;
    const port = this.#options.rpcPort;
    const onLink = (link: Link, hello: string, caller: Caller): void =>
      this.#onLink(link, hello, caller);
    try {
      return await this.#zmq.listen({ ip, port, onLink });
    } catch (cause) {
      throw new Error(`cannot listen on tcp://${ip}:${port} (RIZOMA_IP, RIZOMA_RPC_PORT)`, {
        cause,
      });
    }
  }

  /** `tcp://ip:port` of its ROUTER socket. */
  get endpoint(): string {
    if (this.#listener === undefined) {
      throw new Error('the agent has no socket yet');
    }
    return this.#listener.endpoint;
  }

  /** Whether the processes that it keeps ready are. */
  get ready(): boolean {
    const { prerunProcesses } = this.#options;
    return this.#erizos.count('idle') + this.#erizos.count('used') >= prerunProcesses;
  }

  get processes(): { starting: number; idle: number; used: number; stopping: number } {
    return {
      starting: this.#erizos.count('starting'),
      idle: this.#erizos.count('idle'),
      used: this.#erizos.count('used'),
      stopping: this.#erizos.count('stopping'),
    };
  }

  /** How busy its ErizoJS processes are together. */
  get load(): ErizoSums {
    return this.#erizos.load;
  }

  /** What its processes show of this node, and check others by. */
  trust(trust: Trust): void {
    this.#erizos.trust(trust);
  }

  /** What is open in each of its processes. */
  counters(): Promise<ReadonlyMap<string, ErizoCounters>> {
    return this.#erizos.counters();
  }

  /** What each of its processes measured. */
  measures(): Promise<ReadonlyMap<string, ErizoMeasures>> {
    return this.#erizos.measures();
  }

  /** Whether it keeps its processes from rooms of other hosts, as its host is to end. */
  drain(draining: boolean): void {
    this.#draining = draining;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    await this.#erizos.close();
    for (const peer of this.#controllers) {
      peer.close();
    }
    await this.#listener?.close();
    this.#log.info('agent closed');
  }

  #onLink(link: Link, hello: string, caller: Caller): void {
    try {
      const { kind, id } = parseJson(Hello, hello, 'hello');
      switch (kind) {
        case 'controller':
          this.#refuseRegion(caller);
          this.#attachController(link, id, caller);
          return;
        case 'erizo':
          this.#refuseStranger(caller);
          this.#erizos.attach(link, id);
          return;
        case 'agent':
          throw new RizomaError('forbidden', 'agents have no business with each other');
        default:
          assertNever(kind);
      }
    } catch (thrown) {
      // It must not reach the socket: the links of all others hang on that.
      this.#log.warn({ link: link.name, err: thrown }, 'a link was refused');
      link.close();
    }
  }

  #refuseRegion({ nodeId, region }: Caller): void {
    if (region !== this.#options.environment.region) {
      throw new RizomaError('forbidden', `${nodeId} is of ${region}: it has agents of its own`);
    }
  }

  #refuseStranger({ nodeId }: Caller): void {
    if (nodeId !== this.#options.environment.nodeId) {
      throw new RizomaError('forbidden', `a process of ${nodeId} is none of this host`);
    }
  }

  #attachController(link: Link, controllerId: string, caller: Caller): void {
    const log = this.#log.child({ controllerId });
    const held: { peer?: ControllerPeer } = {};
    const peer: ControllerPeer = RpcPeer.create(
      {
        link,
        clock: this.#clock,
        handlers: {
          createErizoJS: async ({ roomId, except }, { signal, remaining_ms }) => {
            this.#refuseOthers(caller);
            const { erizoId, endpoint } = await this.#erizos.take({ except, signal, remaining_ms });
            this.#holders.give(erizoId, caller.nodeId);
            log.info({ roomId, erizoId }, 'erizo given to a room');
            return { erizoId, endpoint, agentId: this.#options.environment.nodeId };
          },
          deleteErizoJS: async ({ erizoId }) => {
            this.#refuseOther(erizoId, caller);
            this.#erizos.delete(erizoId);
            return null;
          },
          getErizoAgents: async () => ({
            agentId: this.#options.environment.nodeId,
            erizos: this.#erizos.rows(),
            spare: this.#erizos.spare,
          }),
        },
      },
      {
        outgoing: agentToController,
        incoming: controllerToAgent,
        onFault: (fault, method) => log.warn({ err: fault, method }, 'controller fault'),
        onEnd: () => {
          if (held.peer !== undefined) {
            this.#controllers.delete(held.peer);
          }
          log.info('controller unlinked');
        },
      },
    );
    if (peer.ended === undefined) {
      held.peer = peer;
      this.#controllers.add(peer);
      log.info('controller linked');
    }
  }

  /** The clients that are still here may need another process; the rooms of other hosts have others. */
  #refuseOthers(caller: Caller): void {
    const { nodeId } = this.#options.environment;
    if (this.#draining && caller.nodeId !== nodeId) {
      throw new RizomaError('draining', `${nodeId} takes nothing new: ask another agent`);
    }
  }

  /** The controller of this host speaks for its operator, who may end what is here. */
  #refuseOther(erizoId: string, { nodeId }: Caller): void {
    if (nodeId !== this.#options.environment.nodeId && !this.#holders.has(erizoId, nodeId)) {
      throw new RizomaError('forbidden', `the process ${erizoId} was not given to ${nodeId}`);
    }
  }

  #tellExited(erizoId: string): void {
    this.#holders.exited(erizoId);
    for (const peer of this.#controllers) {
      try {
        peer.notify('erizoExited', { erizoId });
      } catch (thrown) {
        // Its link ends or it does not read: it will find out when it calls the process.
        this.#log.warn({ erizoId, code: toRizomaError(thrown).code }, 'a controller was not told');
      }
    }
  }
}
