import type * as v from 'valibot';
import type { Clock } from '../../protocol/clock.ts';
import type { ErizoBusy } from '../../protocol/contracts/controller-erizo.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import { Hello } from '../../protocol/contracts/controller-erizo.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import type { Link } from '../../protocol/link.ts';
import { parseJson } from '../../protocol/parse.ts';
import type { Calls } from '../calls.ts';
import type { Caller } from '../link/keyring.ts';
import type { ZmqSockets } from '../link/zmq-sockets.ts';
import type { Log } from '../log.ts';
import { PicturesOf } from './pictures/pictures-of.ts';
import { LayerRates } from './adaptation/layer-rates.ts';
import type { Client } from './client.ts';
import { erizoDefaults } from './config.ts';
import type { Shared } from './controller-session.ts';
import { ControllerSession } from './controller-session.ts';
import { Downstreams } from './downstreams.ts';
import { demandSameRegion, GrantedRooms } from './granted-rooms.ts';
import type { Engine } from './engine.ts';
import type { Guard } from './guard.ts';
import type { Counted } from './load.ts';
import type { Measures } from './measures.ts';
import type { Publisher } from './publisher.ts';
import type { WantedStream } from './pulls.ts';
import { Inputs } from './input/inputs.ts';
import { Pulls } from './pulls.ts';
import { Sound } from './sound.ts';
import { recordingDefaults } from './recording/defaults.ts';
import { RecordingFolder } from './recording/folder.ts';
import { Recordings } from './recording/recordings.ts';
import type { Source } from './source.ts';
import type { Self } from './upstream.ts';

export interface ErizoComponents {
  engine: Engine;
  clock: Clock;
  log: Log;
  guard: Guard;
  calls: Calls;
  measures: Measures;
  zmq: ZmqSockets;
}

export interface ErizoOptions {
  self: Self;
  /** A client, a neighbour, a pull or a recording has gone. */
  onChange: () => void;
  /** Where recordings go, and the ports that they may take. */
  recording: { dir: string | undefined; ports: { min: number; max: number } };
  /** What may be played into rooms beside recordings: `scheme://host`. */
  allowedInputs: readonly string[];
}

/** All of a process but its worker and its way in: who is linked to it, and what streams it has. */
export class Erizo {
  readonly #components: ErizoComponents;
  readonly #self: Self;
  readonly #onChange: () => void;
  readonly #pulls: Pulls;
  readonly #sound: Sound;
  readonly #rates: LayerRates;
  readonly #pictures: PicturesOf;
  readonly #recordings: Recordings;
  readonly #inputs: Inputs;
  readonly #publishers = new Map<string, Publisher>();
  readonly #sessions = new Map<string, ControllerSession>();
  readonly #downstreams: Downstreams;
  #draining = false;
  #layersTold = 0;
  #toldLoad = '';

  constructor(components: ErizoComponents, options: ErizoOptions) {
    this.#components = components;
    this.#self = options.self;
    this.#onChange = options.onChange;
    this.#rates = new LayerRates(components);
    this.#pictures = new PicturesOf(components);
    const { self, onChange } = options;
    this.#sound = new Sound({ observe: (listener) => components.engine.observeAudio(listener) });
    const onEnded = (streamId: string): void => this.#sound.removed(streamId);
    this.#pulls = new Pulls(components, {
      ...{ self, onChange, onEnded },
      onSwitched: (pull) => this.#sound.added(pull),
      onMove: (outcome) => components.measures.pullMoved(outcome),
    });
    this.#downstreams = new Downstreams(components, {
      ...{ selfId: self.erizoId, onChange },
      source: (stream, erizoId) => this.#source(stream, erizoId),
    });
    const { dir, ports } = options.recording;
    const folder = new RecordingFolder({ dir, free_bytes: recordingDefaults.free_bytes });
    const files = { ...components, folder, random: Math.random };
    this.#recordings = new Recordings(files, { ports, onChange });
    this.#inputs = new Inputs(files, {
      allowed: options.allowedInputs,
      published: (publisher) => this.#publishers.set(publisher.streamId, publisher),
      publisherEnded: (streamId) => this.#publishers.delete(streamId),
      onChange,
    });
  }

  /** Nobody is here, nothing passes through and no file is open. */
  get isIdle(): boolean {
    // A process that is only linked, in advance, has nothing to lose.
    const neighbours = this.#pulls.counts.pulls + this.#downstreams.feeds;
    const files = this.#recordings.counts.recordings + this.#inputs.size;
    return this.#clients().length + neighbours + files === 0;
  }

  /** Takes no new clients from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** A process has dialled and said who it is; a link of nobody we know is closed. */
  onLink(link: Link, helloText: string, caller: Caller): void {
    const hello = readHello(helloText);
    switch (hello?.kind) {
      case 'controller':
        this.#addController(link, hello.id, caller);
        return;
      case 'erizo':
        this.#downstreams.add(link, hello.id, caller);
        return;
      default:
        this.#refuse(link, 'nobody we know has dialled');
    }
  }

  /** Tells the controllers how busy the process is, where that has changed. */
  tellLoad({ consumers, cpu }: ErizoBusy): void {
    const text = JSON.stringify([consumers, cpu]);
    if (text !== this.#toldLoad) {
      this.#toldLoad = text;
      this.#sessions.forEach((session) => session.loaded({ consumers, cpu }));
    }
  }

  get counted(): Counted {
    const clients = this.#clients();
    return {
      // Who plays a file into a room may have nothing else here.
      clients: clients.length + this.#inputs.size,
      publishers: sum(clients, (client) => client.publishers) + this.#inputs.size,
      subscribers: sum(clients, (client) => client.subscribers),
    };
  }

  /** What is open here. */
  async counters(): Promise<ErizoCounters> {
    const engine = await this.#components.engine.counts();
    return {
      ...this.counted,
      connections: sum(this.#clients(), (client) => client.connections),
      ...engine,
      ...this.#pulls.counts,
      ...this.#recordings.counts,
      unwatchedPublishers: sum(this.#clients(), (client) => client.unwatched),
      hiddenVideos: sum(this.#clients(), (client) => client.hiddenVideos),
      layersTold: this.#layersTold,
      feeds: this.#downstreams.feeds,
      downstreams: this.#downstreams.size,
    };
  }

  /** Files first, as their controllers are to hear of it. */
  async close(): Promise<void> {
    await this.#recordings.close();
    this.#inputs.close();
    for (const session of [...this.#sessions.values()]) {
      session.close();
    }
    this.#downstreams.close();
    this.#pulls.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #clients(): Client[] {
    return [...this.#sessions.values()].flatMap((session) => session.clients);
  }

  #refuse(link: Link, why: string): void {
    this.#components.log.warn({ link: link.name }, why);
    link.open({ frame: () => undefined, ended: () => undefined });
    link.close();
  }

  #addController(link: Link, helloId: string, caller: Caller): void {
    try {
      demandSameRegion(caller, this.#self.region);
    } catch (thrown) {
      this.#refuse(link, toRizomaError(thrown).message);
      return;
    }
    // Nobody takes over the clients of a controller of another node by saying its name.
    this.#session(`${caller.nodeId} ${helloId}`, caller).attach(link);
  }

  #session(controllerId: string, caller: Caller): ControllerSession {
    const known = this.#sessions.get(controllerId);
    if (known !== undefined) {
      return known;
    }
    const session = new ControllerSession(
      {
        ...this.#components,
        shared: this.#shared(),
        rooms: new GrantedRooms(this.#components, { caller }),
      },
      { controllerId, onEnd: () => this.#sessions.delete(controllerId) },
    );
    this.#sessions.set(controllerId, session);
    return session;
  }

  #shared(): Shared {
    return {
      admit: () => this.#admit(),
      checkFree: (streamId) => {
        for (const session of [...this.#sessions.values()].filter(({ linked }) => !linked)) {
          session.giveUp(streamId);
        }
        if (this.#publishers.has(streamId)) {
          throw new RizomaError('conflict', `stream ${streamId} is published here already`);
        }
      },
      published: (publisher) => {
        this.#publishers.set(publisher.streamId, publisher);
        this.#sound.added(publisher);
      },
      publisherEnded: (streamId) => {
        this.#publishers.delete(streamId);
        this.#sound.removed(streamId);
      },
      firstMedia: (kind, wait_ms) => this.#components.measures.firstMedia(kind, wait_ms),
      source: (stream) => this.#source(stream),
      keepUpstreams: (by, hops) => this.#pulls.keep(by, hops),
      reroute: (stream) => this.#pulls.reroute(stream),
      sound: this.#sound,
      known: (streamId) => this.#publishers.get(streamId) ?? this.#pulls.known(streamId),
      rates: this.#rates,
      pictures: this.#pictures,
      recordings: this.#recordings,
      inputs: this.#inputs,
      counters: () => this.counters(),
      layersTold: () => {
        this.#layersTold += 1;
      },
      changed: () => this.#onChange(),
    };
  }

  #admit(): void {
    if (this.#draining) {
      throw new RizomaError('overloaded', 'this process takes no more clients');
    }
    if (this.#clients().length >= erizoDefaults.clients) {
      throw new RizomaError('overloaded', `this process has ${erizoDefaults.clients} clients`);
    }
  }

  /** For a process that pulls it, where that is named. */
  #source(stream: WantedStream, pullerId?: string): Source {
    const local = this.#publishers.get(stream.streamId);
    if (local === undefined) {
      const pull =
        pullerId === undefined ? this.#pulls.get(stream) : this.#pulls.getFor(pullerId, stream);
      this.#sound.added(pull);
      return pull;
    }
    if (local.roomId !== stream.roomId) {
      throw new RizomaError('not_found', `the room has no stream ${stream.streamId}`);
    }
    return local;
  }
}

function readHello(text: string): v.InferOutput<typeof Hello> | undefined {
  try {
    return parseJson(Hello, text, 'hello');
  } catch {
    return undefined;
  }
}

function sum<T>(things: readonly T[], of: (thing: T) => number): number {
  return things.reduce((total, thing) => total + of(thing), 0);
}
