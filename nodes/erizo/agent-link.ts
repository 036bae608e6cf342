import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Handlers } from '../../protocol/contract.ts';
import type { MemberKey } from '../../protocol/certificate.ts';
import type { AgentToErizo, ErizoLoad, Trust } from '../../protocol/contracts/controller-agent.ts';
import { agentToErizo, erizoToAgent } from '../../protocol/contracts/controller-agent.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import type { ErizoMeasures } from '../../protocol/contracts/erizo-measures.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import type { Log } from '../log.ts';
import { erizoDefaults } from './config.ts';

type Peer = RpcPeer<typeof erizoToAgent, AgentToErizo>;

export interface AgentLinkOptions {
  erizoId: string;
  pid: number;
  /** Where this process listens. */
  endpoint: string;
  dial: () => Link;
  load: () => Promise<ErizoLoad>;
  counters: () => Promise<ErizoCounters>;
  onTrust: (trust: Trust) => void;
  measures: () => Promise<ErizoMeasures>;
  onCall: OnCall;
  onStop: (now: boolean) => void;
  onMembers: (keys: readonly MemberKey[]) => void;
  /** No agent has claimed the process for `erizoDefaults.orphan_ms`; told again while it is so. */
  onOrphan: () => void;
}

/** The way to the agent of the host. It is dialled for ever: an agent that starts anew adopts us. */
export class AgentLink {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: AgentLinkOptions;
  #peer: Peer | undefined;
  #stopLoad: Cancel | undefined;
  #stopRedial: Cancel | undefined;
  #stopOrphan: Cancel | undefined;
  #wait_ms: number = erizoDefaults.redialFirst_ms;
  #told = '';
  #closed = false;

  constructor(components: { clock: Clock; log: Log }, options: AgentLinkOptions) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#options = options;
  }

  static create(components: { clock: Clock; log: Log }, options: AgentLinkOptions): AgentLink {
    const made = new AgentLink(components, options);
    made.#watchOrphan();
    made.#dial();
    return made;
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#stopRedial?.();
    this.#stopOrphan?.();
    this.#stopLoad?.();
    this.#peer?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #dial(): void {
    const peer: Peer = RpcPeer.create(
      { link: this.#options.dial(), clock: this.#clock, handlers: this.#handlers() },
      {
        outgoing: erizoToAgent,
        incoming: agentToErizo,
        onFault: (fault, method) => this.#log.warn({ err: fault, method }, 'fault on the link'),
        onEnd: () => this.#onEnd(),
        onCall: this.#options.onCall,
      },
    );
    this.#peer = peer;
    this.#register(peer).catch((thrown: unknown) => this.#onRefused(peer, thrown));
  }

  #handlers(): Handlers<AgentToErizo> {
    return {
      trust: (trust) => this.#options.onTrust(trust),
      stop: ({ now }) => this.#options.onStop(now),
      members: ({ keys }) => this.#options.onMembers(keys),
      counters: () => this.#options.counters(),
      measures: () => this.#options.measures(),
    };
  }

  async #register(peer: Peer): Promise<void> {
    const { erizoId, pid, endpoint } = this.#options;
    const load = await this.#options.load();
    await peer.call('register', { erizoId, pid, endpoint, load });
    if (peer.ended !== undefined || this.#closed) {
      return;
    }
    this.#log.info('registered with the agent');
    this.#wait_ms = erizoDefaults.redialFirst_ms;
    this.#told = JSON.stringify(load);
    this.#stopOrphan?.();
    this.#stopOrphan = undefined;
    this.#stopLoad = this.#clock.every(erizoDefaults.loadPeriod_ms, () => void this.tellLoad());
  }

  /** Tells the agent how busy the process is, where that has changed. */
  async tellLoad(): Promise<void> {
    const peer = this.#peer;
    try {
      const load = await this.#options.load();
      const text = JSON.stringify(load);
      if (text !== this.#told && peer !== undefined && peer.ended === undefined) {
        peer.notify('load', { load });
        this.#told = text;
      }
    } catch (thrown) {
      this.#log.warn({ err: thrown }, 'the load was not told');
    }
  }

  /** An agent that does not want us is not asked again until its link is another one. */
  #onRefused(peer: Peer, thrown: unknown): void {
    if (peer.ended !== undefined) {
      return;
    }
    const error = toRizomaError(thrown);
    this.#log.warn({ err: error }, 'the agent did not take the registration');
    if (error.code === 'forbidden') {
      this.#options.onStop(false);
    } else {
      peer.close();
    }
  }

  #onEnd(): void {
    this.#peer = undefined;
    this.#stopLoad?.();
    this.#stopLoad = undefined;
    if (this.#closed) {
      return;
    }
    this.#log.info({ wait_ms: this.#wait_ms }, 'agent away');
    this.#watchOrphan();
    this.#stopRedial = this.#clock.after(this.#wait_ms, () => this.#dial());
    this.#wait_ms = Math.min(this.#wait_ms * 2, erizoDefaults.redialLongest_ms);
  }

  #watchOrphan(): void {
    this.#stopOrphan ??= this.#clock.after(erizoDefaults.orphan_ms, () => {
      this.#stopOrphan = undefined;
      this.#options.onOrphan();
      if (!this.#closed) {
        this.#watchOrphan();
      }
    });
  }
}
