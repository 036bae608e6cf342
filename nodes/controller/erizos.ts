import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { Handlers, ParamsOf } from '../../protocol/contract.ts';
import type {
  ControllerToErizo,
  ErizoBusy,
  ErizoToController,
} from '../../protocol/contracts/controller-erizo.ts';
import { controllerToErizo, erizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { ErizoFact } from '../../protocol/directory.ts';
import type { Link } from '../../protocol/link.ts';
import { RizomaError } from '../../protocol/errors.ts';
import type { OnCall } from '../../protocol/rpc-peer.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Target } from '../link/zmq-dialer.ts';
import type { Log } from '../log.ts';
import type { BandwidthNews } from './bandwidth-news.ts';
import { defaults } from './defaults.ts';
import type { SoundNews } from './sound.ts';

/** An ErizoJS process as an agent gave it. */
export interface ErizoRef extends ErizoFact {
  agentId: string;
}

/** Dials a process; the name is for the log. */
export type Dial = (to: Target, name: string) => Link;

export type ErizoRpc = RpcPeer<ControllerToErizo, ErizoToController>;

/** A process that rooms of this controller use. */
export interface Erizo extends ErizoRef {
  readonly rpc: ErizoRpc;
  /** By its own word; of CPU the lower of its last two, as that of a moment says little. */
  load: ErizoBusy;
}

/** Throws `link_down` where the process was lost in the moment in which it answered: nobody else would say so. */
export function demandAlive({ rpc, erizoId }: Erizo): void {
  if (rpc.ended !== undefined) {
    throw new RizomaError('link_down', `ErizoJS ${erizoId} was lost when it had answered`);
  }
}

export interface ErizosListener {
  connectionMessage(message: ParamsOf<ErizoToController, 'connectionMessage'>): void;
  streamFailed(erizoId: string, failure: ParamsOf<ErizoToController, 'streamFailed'>): void;
  /** What the connections of a client can take. */
  bandwidth(said: BandwidthNews): void;
  inputEnded(ended: ParamsOf<ErizoToController, 'inputEnded'>): void;
  recordingEnded(ended: ParamsOf<ErizoToController, 'recordingEnded'>): void;
  /** What a client that publishes a stream is to send of it. */
  layersWanted(wanted: ParamsOf<ErizoToController, 'layersWanted'>): void;
  /** Which videos a client is sent that wants the last few. */
  videosShown(shown: ParamsOf<ErizoToController, 'videosShown'>): void;
  /** Who is heard in a room, of the streams that the process has. */
  sound(erizoId: string, sound: SoundNews): void;
  /** Once for each process that is lost while a room uses it. */
  died(erizoId: string): void;
  /** It is lost but may still be there: its agent is to end it. */
  suspect(erizo: ErizoRef): void;
}

interface Entry {
  erizo: Erizo;
  rooms: number;
  stopPinging: Cancel;
}

/** One conversation with each ErizoJS process, shared by all rooms that use it. */
export class Erizos {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #dial: Dial;
  readonly #listener: ErizosListener;
  readonly #onCall: OnCall | undefined;
  readonly #entries = new Map<string, Entry>();

  constructor(
    components: { clock: Clock; log: Log; dial: Dial },
    options: { listener: ErizosListener; onCall?: OnCall | undefined },
  ) {
    this.#clock = components.clock;
    this.#log = components.log;
    this.#dial = components.dial;
    this.#listener = options.listener;
    this.#onCall = options.onCall;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The process, for one room more. Each `acquire` wants its `release`. */
  acquire(ref: ErizoRef): Erizo {
    const entry = this.#entries.get(ref.erizoId) ?? this.#open(ref);
    entry.rooms += 1;
    return entry.erizo;
  }

  /** A room uses it no longer; the last one closes the conversation. */
  release(erizo: Erizo): void {
    const entry = this.#entries.get(erizo.erizoId);
    if (entry?.erizo !== erizo) {
      return;
    }
    entry.rooms -= 1;
    if (entry.rooms === 0) {
      this.#forget(entry);
      this.#log.info({ erizoId: erizo.erizoId }, 'ErizoJS released');
    }
  }

  /** An agent says that the process has exited; what it says of those of another agent is passed over. */
  exited(erizoId: string, agentId: string): void {
    const entry = this.#entries.get(erizoId);
    if (entry?.erizo.agentId === agentId) {
      this.#lose(entry, 'exited');
    }
  }

  close(): void {
    for (const entry of this.#entries.values()) {
      this.#forget(entry);
    }
  }

  #open(ref: ErizoRef): Entry {
    const { erizoId, endpoint } = ref;
    const rpc: ErizoRpc = RpcPeer.create(
      {
        link: this.#dial({ nodeId: ref.agentId, endpoint }, `controller-${erizoId}`),
        clock: this.#clock,
        handlers: this.#handlers(erizoId),
      },
      {
        outgoing: controllerToErizo,
        incoming: erizoToController,
        onFault: (err, method) => this.#log.warn({ err, method, erizoId }, 'fault of an ErizoJS'),
        onCall: this.#onCall,
        onEnd: (why) => {
          const entry = this.#entries.get(erizoId);
          if (entry?.erizo.rpc === rpc) {
            this.#lose(entry, why);
          }
        },
      },
    );
    const erizo = { ...ref, rpc, load: { consumers: 0, cpu: 0 } };
    const entry = { erizo, rooms: 0, stopPinging: this.#startPinging(ref, rpc) };
    this.#entries.set(erizoId, entry);
    this.#log.info({ erizoId, endpoint }, 'ErizoJS taken');
    return entry;
  }

  #handlers(erizoId: string): Handlers<ErizoToController> {
    let cpu = 0;
    return {
      load: (load) => {
        const entry = this.#entries.get(erizoId);
        if (entry !== undefined) {
          entry.erizo.load = { ...load, cpu: Math.min(cpu, load.cpu) };
          cpu = load.cpu;
        }
      },
      connectionMessage: (message) => this.#listener.connectionMessage(message),
      bandwidthAlert: (news) => this.#listener.bandwidth({ is: 'alert', news }),
      qualityLevel: (news) => this.#listener.bandwidth({ is: 'quality', news }),
      inputEnded: (ended) => this.#listener.inputEnded(ended),
      recordingEnded: (ended) => this.#listener.recordingEnded(ended),
      streamFailed: (failure) => this.#listener.streamFailed(erizoId, failure),
      layersWanted: (wanted) => this.#listener.layersWanted(wanted),
      videosShown: (shown) => this.#listener.videosShown(shown),
      activeSpeaker: (news) => this.#listener.sound(erizoId, { is: 'speaker', news }),
      audioLevels: (news) => this.#listener.sound(erizoId, { is: 'levels', news }),
    };
  }

  /** Licode's keepAlive. A link that is silent ends by itself; this finds a process that hangs behind it. */
  #startPinging(ref: ErizoRef, rpc: ErizoRpc): Cancel {
    let misses = 0;
    const ping = async (): Promise<void> => {
      try {
        await rpc.call('keepAlive', {});
        misses = 0;
      } catch {
        misses += 1;
        const entry = this.#entries.get(ref.erizoId);
        if (misses > defaults.erizoMisses && entry?.erizo.rpc === rpc) {
          this.#lose(entry, 'hung');
        }
      }
    };
    return this.#clock.every(defaults.erizoPing_ms, () => void ping());
  }

  #lose(entry: Entry, why: string): void {
    const { erizo } = entry;
    this.#forget(entry);
    this.#log.warn({ erizoId: erizo.erizoId, why }, 'ErizoJS lost');
    this.#listener.died(erizo.erizoId);
    if (why !== 'exited' && why !== 'peer_closed') {
      // It may live on and serve clients that were sent elsewhere: it is ended, as Licode does.
      this.#listener.suspect(erizo);
    }
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.erizo.erizoId);
    entry.stopPinging();
    entry.erizo.rpc.close();
  }
}
