import type { Cancel, Clock } from '../../protocol/clock.ts';
import type {
  AgentToController,
  ControllerToAgent,
} from '../../protocol/contracts/controller-agent.ts';
import { agentToController, controllerToAgent } from '../../protocol/contracts/controller-agent.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { RegionState } from '../../protocol/region-tree.ts';
import { compareStates } from '../../protocol/region-ways.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Target } from '../link/zmq-dialer.ts';
import type { Log } from '../log.ts';
import type { Members } from '../mesh/members.ts';
import { defaults } from './defaults.ts';
import type { Dial, ErizoRef } from './erizos.ts';

type AgentRpc = RpcPeer<ControllerToAgent, AgentToController>;

interface Entry extends Target {
  /** Undefined between the loss of a link and the next one. */
  rpc: AgentRpc | undefined;
  stopRedial: Cancel;
}

export interface AgentsOptions {
  nodeId: string;
  region: string;
  /** An agent says so of a process; it can say so of its own alone. */
  onExited(erizoId: string, agentId: string): void;
  /** For measurements of the calls to them. */
  onCall?: OnCall | undefined;
}

/** The agents of the region, and one conversation with each (Licode: `ecCloudHandler`). */
export class Agents {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #members: Members;
  readonly #dial: Dial;
  readonly #options: AgentsOptions;
  /** By node and endpoint: an agent that restarts elsewhere is another one, and no node takes another's place by its card. */
  readonly #entries = new Map<string, Entry>();
  #turn = 0;
  #stopWatching: Cancel = () => undefined;
  #closed = false;

  constructor(
    components: { clock: Clock; log: Log; members: Members; dial: Dial },
    options: AgentsOptions,
  ) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#members = components.members;
    this.#dial = components.dial;
    this.#options = options;
  }

  /** Follows the members from now on. */
  static create(
    components: { clock: Clock; log: Log; members: Members; dial: Dial },
    options: AgentsOptions,
  ): Agents {
    const agents = new Agents(components, options);
    agents.#stopWatching = components.members.onChange(() => agents.#follow());
    agents.#follow();
    return agents;
  }

  /** Agents that are linked. */
  get size(): number {
    return [...this.#entries.values()].filter((entry) => entry.rpc !== undefined).length;
  }

  /**
   * A process for a room, from the own host where there is one, else from another of the region.
   * Throws `unavailable` without agents, else what the last agent that was asked said.
   */
  async createErizoJS(roomId: string, except: string[]): Promise<ErizoRef> {
    let error = new RizomaError('unavailable', `no agent serves ${this.#options.region} now`, {
      retryAfter_s: 5,
    });
    for (const entry of this.#inTurn()) {
      try {
        const ref = await this.#rpcOf(entry).call('createErizoJS', { roomId, except });
        // Under whose key the process is dialled is not for the agent to say.
        return { ...ref, agentId: entry.nodeId };
      } catch (thrown) {
        error = toRizomaError(thrown);
        this.#log.warn({ err: error, nodeId: entry.nodeId }, 'agent gave no ErizoJS');
      }
    }
    throw error;
  }

  /** Has every agent end the process; only the one that runs it knows it. */
  async deleteErizoJS(erizoId: string): Promise<void> {
    const calls = [...this.#entries.values()].map((entry) =>
      this.#rpcOf(entry).call('deleteErizoJS', { erizoId }),
    );
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'fulfilled') {
        this.#log.info({ erizoId }, 'ErizoJS deleted');
        return;
      }
    }
    this.#log.warn({ erizoId }, 'no agent deleted the ErizoJS');
  }

  close(): void {
    this.#closed = true;
    this.#stopWatching();
    for (const entry of this.#entries.values()) {
      this.#forget(entry);
    }
  }

  /** The own agent first: media stays on the host that the edge chose. Of the others the least busy take turns. */
  #inTurn(): Entry[] {
    const own = (entry: Entry): boolean => entry.nodeId === this.#options.nodeId;
    const entries = [...this.#entries.values()];
    const others = entries.filter((entry) => !own(entry));
    const first = others.length === 0 ? 0 : this.#turn % others.length;
    this.#turn += 1;
    const loads = this.#members.loads();
    const stateOf = ({ nodeId }: Entry): RegionState => loads.get(nodeId)?.state ?? 'available';
    const turn = [...others.slice(first), ...others.slice(0, first)];
    return [
      ...entries.filter(own),
      ...turn.toSorted((a, b) => compareStates(stateOf(a), stateOf(b))),
    ];
  }

  #follow(): void {
    const cards = this.#members.agentsOf(this.#options.region);
    const wanted = new Map(
      cards.flatMap(({ nodeId, agent: endpoint }) =>
        endpoint === undefined ? [] : [[keyOf({ nodeId, endpoint }), { nodeId, endpoint }]],
      ),
    );
    for (const [key, entry] of this.#entries) {
      if (!wanted.has(key)) {
        this.#forget(entry);
      }
    }
    for (const [key, target] of wanted) {
      if (!this.#entries.has(key)) {
        const entry: Entry = { ...target, rpc: undefined, stopRedial: () => undefined };
        this.#entries.set(key, entry);
        this.#rpcOf(entry);
      }
    }
  }

  #rpcOf(entry: Entry): AgentRpc {
    entry.stopRedial();
    entry.rpc ??= this.#open(entry);
    return entry.rpc;
  }

  #open(entry: Entry): AgentRpc {
    const { nodeId, endpoint } = entry;
    const rpc: AgentRpc = RpcPeer.create(
      {
        link: this.#dial({ nodeId, endpoint }, `controller-agent-${nodeId}`),
        clock: this.#clock,
        handlers: { erizoExited: ({ erizoId }) => this.#options.onExited(erizoId, nodeId) },
      },
      {
        outgoing: controllerToAgent,
        incoming: agentToController,
        onFault: (err, method) => this.#log.warn({ err, method, nodeId }, 'fault of an agent'),
        onEnd: (why) => this.#onEnd(entry, rpc, why),
        onCall: this.#options.onCall,
      },
    );
    this.#log.info({ nodeId, endpoint }, 'agent dialled');
    return rpc;
  }

  /** An exit that happens meanwhile is noticed by the link to the process itself. */
  #onEnd(entry: Entry, rpc: AgentRpc, why: string): void {
    if (entry.rpc !== rpc) {
      return;
    }
    entry.rpc = undefined;
    if (this.#closed || this.#entries.get(keyOf(entry)) !== entry) {
      return;
    }
    this.#log.warn({ nodeId: entry.nodeId, why }, 'agent lost');
    entry.stopRedial = this.#clock.after(defaults.agentRedial_ms, () => void this.#rpcOf(entry));
  }

  #forget(entry: Entry): void {
    this.#entries.delete(keyOf(entry));
    entry.stopRedial();
    entry.rpc?.close();
  }
}

function keyOf({ nodeId, endpoint }: Target): string {
  return `${nodeId} ${endpoint}`;
}
