import type { ZmqListener } from '../../../../nodes/link/zmq-listener.ts';
import { systemClock } from '../../../../protocol/clock.ts';
import type { ParamsOf } from '../../../../protocol/contract.ts';
import { agentToErizo, erizoToAgent } from '../../../../protocol/contracts/controller-agent.ts';
import { RpcPeer } from '../../../../protocol/rpc-peer.ts';
import { keys, zmq } from './wires.ts';

export type AgentPeer = RpcPeer<typeof agentToErizo, typeof erizoToAgent>;
type Arrival = { peer: AgentPeer } & ParamsOf<typeof erizoToAgent, 'register'>;

/** The agent of the test: ErizoJS processes register with it. */
export class TestAgent {
  readonly listener: ZmqListener;
  readonly #arrivals = new Map<string, (arrival: Arrival) => void>();

  private constructor(listener: ZmqListener) {
    this.listener = listener;
  }

  static async create(port = 0): Promise<TestAgent> {
    const holder: { agent?: TestAgent } = {};
    const listener = await zmq.listen({
      ip: '127.0.0.1',
      port,
      onLink: (link) => {
        const peer: AgentPeer = RpcPeer.create(
          {
            link,
            clock: systemClock,
            handlers: {
              register: async (registration) => {
                peer.notify('members', { keys });
                holder.agent?.onRegister({ peer, ...registration });
                return null;
              },
              load: () => undefined,
            },
          },
          { outgoing: agentToErizo, incoming: erizoToAgent },
        );
      },
    });
    holder.agent = new TestAgent(listener);
    return holder.agent;
  }

  /** Resolves when the process of that id registers. */
  arrival(erizoId: string): Promise<Arrival> {
    return new Promise((done) => this.#arrivals.set(erizoId, done));
  }

  onRegister(arrival: Arrival): void {
    this.#arrivals.get(arrival.erizoId)?.(arrival);
  }
}
