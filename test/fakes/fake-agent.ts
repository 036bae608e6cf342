import type { ZmqListener } from '../../nodes/link/zmq-listener.ts';
import type { ZmqSockets } from '../../nodes/link/zmq-sockets.ts';
import type { Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type {
  AgentToController,
  ControllerToAgent,
} from '../../protocol/contracts/controller-agent.ts';
import { agentToController, controllerToAgent } from '../../protocol/contracts/controller-agent.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import { FakeErizo } from './fake-erizo.ts';

type Peer = RpcPeer<AgentToController, ControllerToAgent>;

interface FakeAgentComponents {
  clock: Clock;
  /** With the key of this node, which is the agent's and that of its processes. */
  zmq: ZmqSockets;
  nodeId: string;
}

/** An agent that makes a `FakeErizo` for each request: the real contract over a real link. */
export class FakeAgent {
  /** In the order in which they were made. */
  readonly erizos: FakeErizo[] = [];
  readonly deleted: string[] = [];
  readonly failNext: ErrorCode[] = [];
  /** What the process that is made next refuses first, and with what. */
  readonly nextErizoFails: ErrorCode[] = [];
  readonly #components: FakeAgentComponents;
  #listener: ZmqListener | undefined;
  readonly #peers = new Set<Peer>();

  constructor(components: FakeAgentComponents) {
    this.#components = components;
  }

  static async create(components: FakeAgentComponents): Promise<FakeAgent> {
    const agent = new FakeAgent(components);
    agent.#listener = await components.zmq.listen({
      ip: '127.0.0.1',
      onLink: (link) => agent.#attach(link),
    });
    return agent;
  }

  get endpoint(): string {
    return this.#listener?.endpoint ?? '';
  }

  tellExited(erizoId: string): void {
    for (const peer of this.#peers) {
      peer.notify('erizoExited', { erizoId });
    }
  }

  async close(): Promise<void> {
    await this.#listener?.close();
    await Promise.all(this.erizos.map((erizo) => erizo.die()));
  }

  #attach(link: Link): void {
    const peer: Peer = RpcPeer.create(
      { link, clock: this.#components.clock, handlers: this.#handlers() },
      {
        outgoing: agentToController,
        incoming: controllerToAgent,
        onEnd: () => this.#peers.delete(peer),
      },
    );
    this.#peers.add(peer);
  }

  #handlers(): Handlers<ControllerToAgent> {
    return {
      createErizoJS: async () => {
        const code = this.failNext.shift();
        if (code !== undefined) {
          throw new RizomaError(code, `as the test wants it: ${code}`);
        }
        const erizo = await FakeErizo.create(this.#components);
        erizo.failNext.push(...this.nextErizoFails.splice(0));
        this.erizos.push(erizo);
        const { erizoId, endpoint } = erizo;
        return { erizoId, agentId: this.#components.nodeId, endpoint };
      },
      deleteErizoJS: async ({ erizoId }) => {
        this.deleted.push(erizoId);
        return null;
      },
      getErizoAgents: async () => ({
        agentId: this.#components.nodeId,
        erizos: [],
        spare: 1,
      }),
    };
  }
}
