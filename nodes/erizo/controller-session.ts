import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { CallContext, Handlers, ParamsOf, PartOf } from '../../protocol/contract.ts';
import type { ControllerToErizo, ErizoBusy } from '../../protocol/contracts/controller-erizo.ts';
import type { ErizoCounters } from '../../protocol/contracts/erizo-counters.ts';
import { controllerToErizo, erizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { RecordingEnd } from '../../protocol/contracts/external-media.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import type { Link, LinkEnd } from '../../protocol/link.ts';
import { RpcPeer } from '../../protocol/rpc-peer.ts';
import type { Log } from '../log.ts';
import type { LayerRates } from './adaptation/layer-rates.ts';
import { Advance, type AdvanceComponents } from './advance.ts';
import { Client } from './client.ts';
import type { ControllerPeer as Peer } from './client-events.ts';
import { clientEvents } from './client-events.ts';
import { erizoDefaults } from './config.ts';
import type { Engine } from './engine.ts';
import type { GrantedRooms } from './granted-rooms.ts';
import type { Measures } from './measures.ts';
import type { PicturesOf } from './pictures/pictures-of.ts';
import type { Publisher } from './publisher.ts';
import type { SoundListener } from './room-sound.ts';
import type { Sound } from './sound.ts';
import type { Source } from './source.ts';
import { streamStats } from './stats.ts';
import type { Inputs } from './input/inputs.ts';
import type { Recordings } from './recording/recordings.ts';
import { untilAborted } from './wait.ts';

type Params<M extends keyof ControllerToErizo> = ParamsOf<ControllerToErizo, M>;
type Context<M extends keyof ControllerToErizo> = CallContext<PartOf<ControllerToErizo, M>>;

/** What the sessions of all controllers share. */
export interface Shared extends Omit<AdvanceComponents, 'demand'> {
  /** Throws where the process takes no new client. */
  admit(): void;
  /** Ends it where a controller published it that is away. Throws `conflict` where it is published here already. */
  checkFree(streamId: string): void;
  published(publisher: Publisher): void;
  publisherEnded(streamId: string): void;
  firstMedia: Measures['firstMedia'];
  sound: Pick<Sound, 'listen' | 'forget'>;
  /** The stream where it is here by now. */
  known(streamId: string): Source | undefined;
  readonly rates: LayerRates;
  readonly pictures: PicturesOf;
  readonly recordings: Recordings;
  readonly inputs: Inputs;
  counters(): Promise<ErizoCounters>;
  /** A publisher was told which layers are wanted. */
  layersTold(): void;
  /** A client is gone: the process may be idle now. */
  changed(): void;
}

/** A controller and its clients here. They stay for a while when its link ends, for it to come back. */
export class ControllerSession {
  readonly controllerId: string;
  readonly #engine: Engine;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #shared: Shared;
  readonly #rooms: GrantedRooms;
  readonly #onEnd: () => void;
  readonly #clients = new Map<string, Client>();
  /** The streams of its clients that come from files and cameras, and whose they are. */
  readonly #inputs = new Map<string, string>();
  readonly #advance: Advance;
  /** Ids of those that this controller began. */
  readonly #recordings = new Set<string>();
  #peer: Peer | undefined;
  /** What the controller is told when it comes back. */
  #missed: ((peer: Peer) => void)[] = [];
  #stopGrace: Cancel | undefined;
  readonly #heard: SoundListener = {
    speaker: (roomId, streamId) =>
      this.#tellNow((peer) => peer.notify('activeSpeaker', { roomId, streamId })),
    levels: (roomId, levels) =>
      this.#tellNow((peer) => peer.notify('audioLevels', { roomId, levels })),
  };
  #closed = false;

  constructor(
    components: { engine: Engine; clock: Clock; log: Log; shared: Shared; rooms: GrantedRooms },
    options: { controllerId: string; onEnd: () => void },
  ) {
    this.controllerId = options.controllerId;
    this.#engine = components.engine;
    this.#clock = components.clock;
    this.#log = components.log.child({ controllerId: options.controllerId });
    this.#shared = components.shared;
    this.#rooms = components.rooms;
    this.#advance = new Advance(
      { ...components.shared, demand: (room, signal) => this.#rooms.demand(room, signal) },
      options,
    );
    this.#onEnd = options.onEnd;
  }

  get clients(): readonly Client[] {
    return [...this.#clients.values()];
  }

  get linked(): boolean {
    return this.#peer !== undefined;
  }

  loaded(load: ErizoBusy): void {
    this.#tellNow((peer) => peer.notify('load', load));
  }

  /** The stream is published at another controller, to which its client went from this one, which is away. */
  giveUp(streamId: string): void {
    for (const client of this.clients) {
      client.removePublisher(streamId);
    }
  }

  /** Serves a link of the controller, which it opens at once; an older one is closed. */
  attach(link: Link): void {
    this.#stopGrace?.();
    const older = this.#peer;
    const peer: Peer = RpcPeer.create(
      { link, clock: this.#clock, handlers: this.#handlers() },
      {
        outgoing: erizoToController,
        incoming: controllerToErizo,
        onFault: (fault, method) => this.#log.warn({ err: fault, method }, 'fault on the link'),
        onEnd: (why) => this.#onLinkEnd(peer, why),
      },
    );
    this.#peer = peer;
    older?.close();
    this.#log.info('controller linked');
    const missed = this.#missed;
    this.#missed = [];
    for (const tell of missed) {
      this.#tell(tell);
    }
    for (const client of this.clients) {
      client.repeatLayers();
    }
  }

  close(): void {
    if (this.#closed) {
      return;
    }
    this.#closed = true;
    this.#stopGrace?.();
    this.#peer?.close();
    for (const client of this.clients) {
      client.close();
    }
    for (const [streamId, clientId] of this.#inputs) {
      this.#shared.inputs.remove(clientId, streamId);
    }
    this.#advance.close();
    this.#endRecordings();
    this.#onEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #onLinkEnd(peer: Peer, why: LinkEnd): void {
    if (this.#peer !== peer) {
      return;
    }
    this.#peer = undefined;
    this.#log.info({ why, clients: this.#clients.size }, 'controller away');
    this.#endRecordings();
    if (!this.#closed) {
      this.#stopGrace = this.#clock.after(limits.reconnection_ms, () => this.close());
    }
  }

  /**
   * A controller that is away tells nobody in the room any more that these are made. It goes on with them elsewhere, in
   * further files, so that of their ends it is not to hear.
   */
  #endRecordings(): void {
    const recordingIds = [...this.#recordings];
    this.#recordings.clear();
    for (const recordingId of recordingIds) {
      this.#shared.recordings.stop(recordingId).catch(() => undefined);
    }
  }

  #handlers(): Handlers<ControllerToErizo> {
    const nothing = Promise.resolve(null);
    return {
      keepAlive: () => nothing,
      counters: () => this.#shared.counters(),
      addExternalInput: (params, context) => this.#addInput(params, context),
      addExternalOutput: (params, context) => this.#record(params, context),
      removeExternalOutput: ({ recordingId }) => this.#stopRecording(recordingId),
      restoreConnection: (params) => {
        const client = this.#clientFor(params.clientId);
        this.#orForget(client, () => client.restore(params));
        return nothing;
      },
      addPublisher: (params, context) => this.#addPublisher(params, context),
      addSubscriber: (params, context) => this.#addSubscriber(params, context),
      ...this.#advance.handlers((clientId) => this.#clientFor(clientId)),
      removePublisher: ({ clientId, streamId }) => {
        this.#clients.get(clientId)?.removePublisher(streamId);
        this.#shared.inputs.remove(clientId, streamId);
        return nothing;
      },
      removeSubscriber: ({ clientId, streamId }) => {
        this.#clients.get(clientId)?.removeSubscriber(streamId);
        return nothing;
      },
      removeClient: ({ clientId }) => {
        this.#clients.get(clientId)?.close();
        this.#shared.inputs.remove(clientId);
        return nothing;
      },
      processConnectionMessage: async ({ clientId, connectionId, msg }) => {
        await this.#client(clientId).onMessage(connectionId, msg);
        return null;
      },
      processStreamMessage: async ({ clientId, streamId, config }) => {
        this.#client(clientId).update(streamId, config);
        return null;
      },
      setClientBandwidth: ({ clientId, bandwidth }) => {
        this.#clients.get(clientId)?.setBandwidth(bandwidth);
        return nothing;
      },
      setLastN: ({ clientId, n }) => {
        this.#clients.get(clientId)?.setLastN(n ?? undefined);
        return nothing;
      },
      getStreamStats: ({ roomId, streamId }) => {
        const source = this.#shared.known(streamId);
        const ours = source?.roomId === roomId && this.#rooms.has(roomId) ? source : undefined;
        return streamStats(streamId, ours, ours === undefined ? [] : this.clients);
      },
    };
  }

  async #addPublisher(
    params: Params<'addPublisher'>,
    context: Context<'addPublisher'>,
  ): Promise<{ type: 'ready' }> {
    await this.#rooms.demand(params, context.signal);
    this.#shared.checkFree(params.streamId);
    const client = this.#clientFor(params.clientId);
    const { publisher, target } = this.#orForget(client, () => client.publish(params));
    this.#shared.published(publisher);
    this.#listen(params);
    try {
      context.part({ type: 'initializing', connectionId: target.connection.id });
      const ready = Promise.all([publisher.tracks, target.connection.connected]);
      await untilAborted(ready, context.signal);
    } catch (thrown) {
      publisher.close(toRizomaError(thrown));
      throw thrown;
    }
    client.markReady(publisher);
    return { type: 'ready' };
  }

  async #addSubscriber(
    params: Params<'addSubscriber'>,
    context: Context<'addSubscriber'>,
  ): Promise<{ type: 'ready' }> {
    await this.#rooms.demand(params, context.signal);
    const client = this.#clientFor(params.clientId);
    const subscriber = this.#orForget(client, () => client.subscribe(params));
    this.#listen(params);
    context.part({
      type: 'initializing',
      connectionId: subscriber.target.connection.id,
    });
    await subscriber.start(() => this.#shared.source(params), context.signal);
    return { type: 'ready' };
  }

  async #addInput(
    params: Params<'addExternalInput'>,
    context: Context<'addExternalInput'>,
  ): Promise<{ audio: boolean; video: boolean }> {
    const { clientId, streamId } = params;
    const serviceId = await this.#rooms.demand(params, context.signal);
    const source = await this.#shared.inputs.find(params.source, serviceId);
    context.signal.throwIfAborted();
    this.#shared.admit();
    this.#shared.checkFree(streamId);
    this.#inputs.set(streamId, clientId);
    try {
      const opened = { ...params, source };
      return await this.#shared.inputs.add(opened, {
        signal: context.signal,
        onEnd: () => {
          this.#inputs.delete(streamId);
          this.#tell((peer) => peer.notify('inputEnded', { clientId, streamId }));
        },
      });
    } catch (thrown) {
      this.#inputs.delete(streamId);
      throw thrown;
    }
  }

  async #record(
    params: Params<'addExternalOutput'>,
    context: Context<'addExternalOutput'>,
  ): Promise<null> {
    const { recordingId, part, format, roomId, streamId } = params;
    const serviceId = await this.#rooms.demand(params, context.signal);
    this.#recordings.add(recordingId);
    try {
      await this.#shared.recordings.start(recordingId, {
        ...{ part, format, binding: { serviceId, roomId, streamId } },
        source: () => this.#shared.source(params),
        signal: context.signal,
        onEnd: (end) => {
          if (this.#recordings.delete(recordingId)) {
            this.#tell((peer) => peer.notify('recordingEnded', { recordingId, end }));
          }
        },
      });
      return null;
    } catch (thrown) {
      this.#recordings.delete(recordingId);
      throw thrown;
    }
  }

  /** Throws `not_found` for a recording of another controller too: it is that one's to stop. */
  async #stopRecording(recordingId: string): Promise<RecordingEnd> {
    if (!this.#recordings.has(recordingId)) {
      throw new RizomaError('not_found', `you make no recording ${recordingId} here`);
    }
    return await this.#shared.recordings.stop(recordingId);
  }

  /** Whoever wants to hear of a room does so until it has gone. */
  #listen(params: {
    roomId: string;
    clientId: string;
    options: { hears?: true | undefined };
  }): void {
    if (params.options.hears === true) {
      this.#shared.sound.listen(params.roomId, params.clientId, this.#heard);
    }
  }

  /** Throws `not_found`. */
  #client(clientId: string): Client {
    const client = this.#clients.get(clientId);
    if (client === undefined) {
      throw new RizomaError('not_found', `there is no client ${clientId} here`);
    }
    return client;
  }

  #clientFor(clientId: string): Client {
    const known = this.#clients.get(clientId);
    if (known !== undefined) {
      return known;
    }
    this.#shared.admit();
    const client = new Client(
      {
        engine: this.#engine,
        clock: this.#clock,
        log: this.#log,
        rates: this.#shared.rates,
        pictures: this.#shared.pictures,
        sound: this.#shared.sound,
        events: clientEvents({
          clientId,
          shared: this.#shared,
          tell: (tell) => this.#tell(tell),
          tellNow: (tell) => this.#tellNow(tell),
          idle: () => this.#forget(client),
        }),
      },
      { clientId },
    );
    this.#clients.set(clientId, client);
    this.#log.info({ clientId }, 'client added');
    return client;
  }

  /** A client whose first stream was refused is none. */
  #orForget<T>(client: Client, run: () => T): T {
    try {
      return run();
    } catch (thrown) {
      if (client.isIdle) {
        this.#forget(client);
      }
      throw thrown;
    }
  }

  #forget(client: Client): void {
    if (this.#clients.get(client.clientId) === client) {
      this.#clients.delete(client.clientId);
      this.#shared.sound.forget(client.clientId);
      this.#log.info({ clientId: client.clientId }, 'client gone');
      this.#shared.changed();
    }
  }

  /** What is of the moment, or is said again when it is back, is not kept for a controller that is away. */
  #tellNow(tell: (peer: Peer) => void): void {
    if (this.#peer !== undefined) {
      this.#tell(tell);
    }
  }

  /** Tells the controller, or keeps it for when it is back. */
  #tell(tell: (peer: Peer) => void): void {
    if (this.#peer === undefined) {
      if (!this.#closed && this.#missed.length < erizoDefaults.missed) {
        this.#missed.push(tell);
      }
      return;
    }
    try {
      tell(this.#peer);
    } catch (thrown) {
      if (toRizomaError(thrown).code === 'too_large') {
        // The next one is smaller; the link is that of all clients of the controller.
        this.#log.error({ err: thrown }, 'the controller is not told what no frame can hold');
        return;
      }
      // A controller that does not read is cut off: when it comes back it asks for what it needs.
      this.#log.warn({ err: thrown }, 'the controller cannot be told');
      this.#peer.close();
    }
  }
}
