import { assertNever } from '../../protocol/assert-never.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import type {
  AgentToErizo,
  ErizoLoad,
  ErizoToAgent,
  Trust,
} from '../../protocol/contracts/controller-agent.ts';
import { agentToErizo, erizoToAgent } from '../../protocol/contracts/controller-agent.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import type { ErizoMeasures } from '../../protocol/contracts/erizo-measures.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { newUuid } from '../../protocol/ids.ts';
import type { Link } from '../../protocol/link.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Keyring } from '../link/keyring.ts';
import type { Log } from '../log.ts';
import { adoptErizo } from './adopted-process.ts';
import { stepPool } from './erizo-pool.ts';
import type { ErizoProcess } from './erizo-process.ts';
import type { PoolEffect, PoolEvent, PoolOptions, PoolState, Slot } from './pool-state.ts';
import { emptyPool, poolTimes } from './pool-state.ts';

export interface ErizosComponents {
  clock: Clock;
  log: Log;
  /** Its members are told to all processes. */
  keyring: Keyring;
  /** Starts the process; throws where the host does not let it. */
  spawn: (erizoId: string, onExit: (how: string) => void) => ErizoProcess;
}

export interface ErizosOptions extends PoolOptions {
  /** An ErizoJS process that controllers may know is no more. */
  onExited: (erizoId: string) => void;
  /** For measurements of the calls to the processes. */
  onCall?: OnCall | undefined;
}

/** A process that has registered, as others are told of it. */
export interface ErizoRow {
  erizoId: string;
  endpoint: string;
  pid: number;
  load: ErizoLoad;
}

export interface ErizoRequest {
  except: readonly string[];
  signal: AbortSignal;
  remaining_ms: number;
}

/** Of all processes of a host: whom they serve, what they send, and CPU, where 1 is one core. */
export type ErizoSums = Pick<ErizoLoad, 'clients' | 'consumers' | 'cpu'>;

type ErizoPeer = RpcPeer<AgentToErizo, ErizoToAgent>;

interface Session {
  peer: ErizoPeer | undefined;
}

/** What there is of one process beside its slot in the pool. */
interface Entry {
  process: ErizoProcess | undefined;
  /** From its last registration. */
  registered: { endpoint: string; pid: number } | undefined;
  session: Session | undefined;
}

interface Waiting {
  resolve: (erizoId: string) => void;
  reject: (error: RizomaError) => void;
}

/** How often the pool looks at its clock: its shortest time is a second. */
const tick_ms = 250;

/** The ErizoJS processes of one host: the pool's state, and the processes and links it speaks of. */
export class Erizos {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #spawn: ErizosComponents['spawn'];
  readonly #options: ErizosOptions;
  readonly #keyring: Keyring;
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<number, Waiting>();
  #trust: Trust | undefined;
  #state: PoolState = emptyPool;
  #nextRequestId = 0;
  #stopTicking: Cancel = () => undefined;
  #stopWatching: () => void = () => undefined;
  #onEmpty: () => void = () => undefined;

  constructor(components: ErizosComponents, options: ErizosOptions) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#spawn = components.spawn;
    this.#keyring = components.keyring;
    this.#options = options;
  }

  /** Starts the first processes, and to watch the time. */
  start(): void {
    this.#stopTicking = this.#clock.every(tick_ms, () => this.#step({ is: 'tick' }));
    this.#stopWatching = this.#keyring.onChange(() => this.#tellAllWhom());
    this.#step({ is: 'tick' });
  }

  /** A process for a room. Rejects with `overloaded`, `unavailable` or `cancelled`. */
  async take(request: ErizoRequest): Promise<ErizoRow> {
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    const cancel = (): void => {
      this.#waiting.get(requestId)?.reject(new RizomaError('cancelled', 'the caller gave up'));
      this.#step({ is: 'cancelled', requestId });
    };
    request.signal.addEventListener('abort', cancel, { once: true });
    try {
      const erizoId = await new Promise<string>((resolve, reject) => {
        this.#waiting.set(requestId, { resolve, reject });
        const deadline_ms = this.#clock.now() + request.remaining_ms;
        this.#step({ is: 'asked', requestId, except: request.except, deadline_ms });
      });
      return this.#row(erizoId);
    } finally {
      request.signal.removeEventListener('abort', cancel);
      this.#waiting.delete(requestId);
    }
  }

  /** Ends a process that does not answer. Throws `not_found`. */
  delete(erizoId: string): void {
    if (!this.#state.slots.has(erizoId)) {
      throw new RizomaError('not_found', `there is no ErizoJS process ${erizoId} here`);
    }
    this.#step({ is: 'deleted', erizoId });
  }

  /** Serves the link of a process that says it is `erizoId`. */
  attach(link: Link, erizoId: string): void {
    const session: Session = { peer: undefined };
    session.peer = RpcPeer.create(
      {
        link,
        clock: this.#clock,
        handlers: {
          register: async (params) => {
            if (params.erizoId !== erizoId) {
              throw new RizomaError('forbidden', 'the id is not the one of the link');
            }
            this.#onRegister(session, params);
            return null;
          },
          load: ({ load }) => {
            if (this.#entries.get(erizoId)?.session === session) {
              this.#step({ is: 'load', erizoId, load });
            }
          },
        },
      },
      {
        outgoing: agentToErizo,
        incoming: erizoToAgent,
        onFault: (fault, method) => this.#log.warn({ erizoId, err: fault, method }, 'erizo fault'),
        onEnd: () => this.#onUnlinked(session, erizoId),
        onCall: this.#options.onCall,
      },
    );
  }

  /** Tells all processes, and those that come, what they may trust from now on. */
  trust(trust: Trust): void {
    this.#trust = trust;
    this.#tellAllWhom();
  }

  /** Those that can be used. */
  rows(): ErizoRow[] {
    return [...this.#state.slots.values()]
      .filter((slot) => slot.is === 'idle' || slot.is === 'used')
      .map((slot) => this.#row(slot.erizoId));
  }

  count(kind: Slot['is']): number {
    return [...this.#state.slots.values()].filter((slot) => slot.is === kind).length;
  }

  /** Processes that it would still start. */
  get spare(): number {
    return Math.max(0, this.#options.maxProcesses - this.#state.slots.size);
  }

  /** What they last told, summed. */
  get load(): ErizoSums {
    const loads = [...this.#state.slots.values()].flatMap((slot) =>
      slot.is === 'starting' ? [] : [slot.load],
    );
    const sum = (of: keyof ErizoSums): number => loads.reduce((total, load) => total + load[of], 0);
    return { clients: sum('clients'), consumers: sum('consumers'), cpu: sum('cpu') };
  }

  /** What is open in each; one that does not answer is left out. */
  counters(): Promise<Map<string, ErizoCounters>> {
    return this.#askEach((peer) => peer.call('counters', {}));
  }

  /** What each measured; the same. */
  measures(): Promise<Map<string, ErizoMeasures>> {
    return this.#askEach((peer) => peer.call('measures', {}));
  }

  /** Ends all processes: in order, then by SIGKILL. Waits until the last exit was seen. */
  async close(): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    this.#step({ is: 'closing' });
    if (this.#state.slots.size > 0) {
      const stopTimer = this.#clock.after(poolTimes.stop_ms * 2, this.#onEmpty);
      await empty;
      stopTimer();
    }
    this.#stopTicking();
    this.#stopWatching();
    for (const [erizoId, { process, session }] of this.#entries) {
      this.#log.error({ erizoId, pid: process?.pid }, 'erizo could not be ended');
      process?.release();
      session?.peer?.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #askEach<T>(ask: (peer: ErizoPeer) => Promise<T>): Promise<Map<string, T>> {
    const asked = [...this.#entries].map(async ([erizoId, { session }]): Promise<[string, T][]> => {
      try {
        return session?.peer === undefined ? [] : [[erizoId, await ask(session.peer)]];
      } catch {
        return [];
      }
    });
    return new Map((await Promise.all(asked)).flat());
  }

  #row(erizoId: string): ErizoRow {
    const slot = this.#state.slots.get(erizoId);
    const registered = this.#entries.get(erizoId)?.registered;
    if (slot === undefined || slot.is === 'starting' || registered === undefined) {
      throw new RizomaError('unavailable', `the ErizoJS process ${erizoId} has just exited`);
    }
    return { erizoId, ...registered, load: slot.load };
  }

  #onRegister(
    session: Session,
    {
      erizoId,
      pid,
      endpoint,
      load,
    }: { erizoId: string; pid: number; endpoint: string; load: ErizoLoad },
  ): void {
    const entry = this.#entries.get(erizoId);
    const before = entry?.session;
    const process = entry?.process ?? this.#adopt(erizoId, pid);
    this.#entries.set(erizoId, { process, registered: { endpoint, pid }, session });
    if (before !== undefined && before !== session) {
      before.peer?.close();
    }
    this.#log.info({ erizoId, pid, endpoint }, 'erizo registered');
    // Before it is given to a room.
    queueMicrotask(() => this.#tellWhom(erizoId, session));
    this.#step({ is: 'registered', erizoId, load });
  }

  #tellAllWhom(): void {
    for (const [erizoId, { session }] of this.#entries) {
      this.#tellWhom(erizoId, session);
    }
  }

  /** Who the members are, and whom to trust as soon as that is known. */
  #tellWhom(erizoId: string, session: Session | undefined): void {
    try {
      session?.peer?.notify('members', { keys: [...this.#keyring.members] });
      if (this.#trust !== undefined) {
        session?.peer?.notify('trust', this.#trust);
      }
    } catch (thrown) {
      // Its next link begins with it.
      this.#log.warn({ erizoId, err: thrown }, 'erizo could not be told whom to trust');
      session?.peer?.close();
    }
  }

  /** Its agent died before this one came: what it carries goes on. */
  #adopt(erizoId: string, pid: number): ErizoProcess {
    this.#log.info({ erizoId, pid }, 'erizo adopted');
    return adoptErizo(
      { clock: this.#clock },
      { erizoId, pid, onExit: (how) => this.#onExit(erizoId, how) },
    );
  }

  #onUnlinked(session: Session, erizoId: string): void {
    const entry = this.#entries.get(erizoId);
    if (entry?.session === session) {
      entry.session = undefined;
      this.#step({ is: 'unlinked', erizoId });
    }
  }

  #onExit(erizoId: string, how: string): void {
    const entry = this.#entries.get(erizoId);
    if (entry === undefined) {
      return;
    }
    this.#entries.delete(erizoId);
    this.#log.info({ erizoId, pid: entry.process?.pid, how }, 'erizo exited');
    entry.session?.peer?.close();
    this.#step({ is: 'exited', erizoId });
    if (this.#state.closing && this.#state.slots.size === 0) {
      this.#onEmpty();
    }
  }

  #step(event: PoolEvent): void {
    const components = { now_ms: this.#clock.now(), newId: newUuid };
    const { state, effects } = stepPool(this.#state, event, components, this.#options);
    this.#state = state;
    for (const effect of effects) {
      // Not at once: a link that is just being made has no peer to speak through before it is.
      queueMicrotask(() => this.#do(effect));
    }
  }

  #do(effect: PoolEffect): void {
    switch (effect.do) {
      case 'start':
        this.#start(effect.erizoId);
        return;
      case 'stop':
        this.#stop(effect.erizoId, effect.now);
        return;
      case 'kill':
        this.#log.warn({ erizoId: effect.erizoId, why: effect.why }, 'erizo is killed');
        this.#entries.get(effect.erizoId)?.process?.kill();
        return;
      case 'grant':
        this.#waiting.get(effect.requestId)?.resolve(effect.erizoId);
        return;
      case 'refuse':
        this.#waiting.get(effect.requestId)?.reject(new RizomaError(effect.code, effect.message));
        return;
      case 'tellExited':
        this.#options.onExited(effect.erizoId);
        return;
      default:
        assertNever(effect);
    }
  }

  #start(erizoId: string): void {
    const entry: Entry = { process: undefined, registered: undefined, session: undefined };
    this.#entries.set(erizoId, entry);
    try {
      entry.process = this.#spawn(erizoId, (how) => this.#onExit(erizoId, how));
    } catch (thrown) {
      this.#log.error({ erizoId, err: thrown }, 'erizo could not be started');
      this.#onExit(erizoId, 'it could not be started');
    }
  }

  #stop(erizoId: string, now: boolean): void {
    this.#log.info({ erizoId, now }, 'erizo is told to stop');
    const entry = this.#entries.get(erizoId);
    try {
      if (entry?.session?.peer !== undefined) {
        entry.session.peer.notify('stop', { now });
        return;
      }
    } catch {
      // A link that cannot carry it is as good as none.
    }
    // Without a link it cannot be asked to wait; an idle one has nothing to wait for.
    entry?.process?.terminate();
  }
}
