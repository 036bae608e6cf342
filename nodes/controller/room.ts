import type { Clock } from '../../protocol/clock.ts';
import type { ParamsOf } from '../../protocol/contract.ts';
import type { Connected, RoomEnded } from '../../protocol/contracts/client.ts';
import type { ErizoToController } from '../../protocol/contracts/controller-erizo.ts';
import type { RoomUser, ProvableFacts, ProvableUser } from '../../protocol/contracts/node-edge.ts';
import type { Directory, Removal, RoomFacts } from '../../protocol/directory.ts';
import type { Entry } from '../../protocol/entry.ts';
import type { Log } from '../log.ts';
import type { Edge } from '../mesh/edge.ts';
import type { Members } from '../mesh/members.ts';
import type { Agents } from './agents.ts';
import { AutoSubscribing } from './auto-subscribing.ts';
import { Changes } from './changes.ts';
import type { Client, ClientHandlers } from './client.ts';
import { connectedMessage } from './connected-message.ts';
import { DataStreams } from './data-streams.ts';
import { defaults } from './defaults.ts';
import type { ErizoListOptions } from './erizo-list.ts';
import { ErizoList } from './erizo-list.ts';
import type { Erizos } from './erizos.ts';
import type { Direction } from './connections.ts';
import type { Failure, Flow } from './flow.ts';
import { erizoOf, failures, isUntold } from './flow.ts';
import { MovedClients } from './moved-clients.ts';
import type { Neighbours } from './neighbours.ts';
import { PeerToPeer } from './p2p.ts';
import { Preparing } from './preparing.ts';
import { Publishing } from './publishing.ts';
import { quietly } from './quietly.ts';
import { RegionTrees } from './region-trees.ts';
import { Recordings } from './recording.ts';
import { RemovedUsers } from './removed-users.ts';
import { Rerouting } from './rerouting.ts';
import { handlersOf } from './room-handlers.ts';
import { Restoring } from './restoring.ts';
import type { RoomParts } from './room-parts.ts';
import { RoomPresence } from './room-presence.ts';
import { RoomSync } from './room-sync.ts';
import { RoomStats } from './stream-stats.ts';
import { StreamBudget } from './stream-budget.ts';
import { StreamChanges } from './stream-changes.ts';
import { publicStream, Streams } from './streams.ts';
import { Subscribing } from './subscribing.ts';

export interface RoomComponents {
  clock: Clock;
  log: Log;
  edge: Edge;
  members: Members;
  agents: Agents;
  erizos: Erizos;
  neighbours: Neighbours;
}

export interface RoomOptions extends ErizoListOptions {
  roomId: string;
  nodeId: string;
  region: string;
  /** A client is no longer here. */
  onLeft(client: Client): void;
  /** Nobody is here and the Room object knows it. */
  onClosed(): void;
}

/** The part of a room that this controller holds (Licode: `models/Room.js`, `roomController`). */
export class Room {
  readonly id: string;
  readonly p2p: PeerToPeer;
  /** What clients may ask of it. */
  readonly handlers: ClientHandlers;
  readonly #log: Log;
  readonly #options: RoomOptions;
  readonly #clients = new Map<string, Client>();
  readonly #streams: Streams;
  readonly #erizos: RoomParts['erizos'];
  readonly sync: RoomSync;
  readonly #presence: RoomPresence;
  readonly publishing: Publishing;
  readonly #subscribing: Subscribing;
  readonly #auto: AutoSubscribing;
  readonly #restoring: Restoring;
  readonly #preparing: Preparing;
  readonly rerouting: Rerouting;
  readonly #data: DataStreams;
  readonly #streamChanges: StreamChanges;
  readonly #stats: RoomStats;
  readonly #changes: Changes;
  readonly recordings: Recordings;
  readonly removed: RemovedUsers;
  readonly moved: MovedClients;
  /** Those that were let in and are about to connect. */
  #expected = 0;

  constructor(components: RoomComponents, options: RoomOptions) {
    const { clock, agents, erizos } = components;
    const { roomId, nodeId, region } = options;
    this.id = roomId;
    this.#log = components.log.child({ roomId });
    this.#options = options;
    this.#streams = new Streams({ trees: new RegionTrees(components) }, { nodeId, region });
    this.#erizos = new ErizoList(
      {
        create: (except) => agents.createErizoJS(roomId, except),
        consumersOf: ({ consumers }) => consumers,
        acquire: (ref) => erizos.acquire(ref),
        release: (erizo) => erizos.release(erizo),
        changed: () => this.#usesOthers(),
      },
      options,
    );
    this.sync = new RoomSync(
      { ...components, log: this.#log },
      {
        ...{ roomId, nodeId, region },
        facts: () => this.#facts(),
        provableFacts: () => this.#provableFacts(),
        onEntered: () => [this.#presence, this.recordings].forEach((part) => part.entered()),
        onDirectory: (...directories) => this.#learn(...directories),
        onRemoved: (removed, before_ms) => this.removed.take(removed, before_ms),
        onGone: ({ code, message }) => this.gone(code, message),
        leavings: () => this.#presence.untold,
        onLeft: () => this.#options.onClosed(),
      },
    );
    this.#presence = this.#newPresence(components);
    this.#changes = new Changes({ clock }, { wait_ms: defaults.attemptPause_ms });
    this.removed = new RemovedUsers({ clock });
    this.moved = new MovedClients({ clock, clients: this.#clients });
    const parts = this.#parts(clock);
    this.#stats = new RoomStats({ parts, clock });
    this.#streamChanges = new StreamChanges(parts);
    this.#data = new DataStreams({ ...components, parts });
    this.p2p = new PeerToPeer({ ...components, parts, data: this.#data });
    this.#preparing = new Preparing({ parts });
    this.rerouting = new Rerouting({ parts });
    this.#subscribing = new Subscribing(
      { parts, data: this.#data, p2p: this.p2p },
      { onFailed: (client, streamId) => this.#auto.failed(client, streamId) },
    );
    this.#auto = new AutoSubscribing({ parts, subscribing: this.#subscribing });
    this.publishing = new Publishing(parts, {
      onRemoved: (streamId) => this.#streamRemoved(streamId),
      onMoved: (streamId) => this.#streamMoved(streamId),
    });
    this.#restoring = new Restoring(parts, { fail: (...failed) => this.#fail(...failed) });
    this.recordings = new Recordings(
      { ...components, parts },
      { nodeId, onIdle: () => this.#leaveIfEmpty(), onNoHolder: () => this.sync.forgotten() },
    );
    this.handlers = handlersOf({
      parts,
      publishing: this.publishing,
      subscribing: this.#subscribing,
      auto: this.#auto,
      data: this.#data,
      changes: this.#streamChanges,
      stats: this.#stats,
      p2p: this.p2p,
      recordings: this.recordings,
      left: (client, why) => this.left(client, why),
    });
  }

  get counters(): { clients: number; streams: number; subscriptions: number } {
    const clients = [...this.#clients.values()];
    return {
      clients: clients.length,
      streams: this.#streams.ownSize,
      subscriptions: clients.reduce((sum, client) => sum + client.subscriptions.size, 0),
    };
  }

  /**
   * Somebody is about to join: the room stays until the answer is called, which may be done twice.
   * Rejects while the directory cannot be had, and then keeps nothing.
   */
  async expect(entry: Entry): Promise<() => void> {
    this.#expected += 1;
    let waiting = true;
    const done = (): void => {
      this.#expected -= waiting ? 1 : 0;
      waiting = false;
      this.#leaveIfEmpty();
    };
    try {
      await this.sync.enter(entry);
      return done;
    } catch (thrown) {
      done();
      throw thrown;
    }
  }

  /** Lets a client in; what it is told from now on follows this answer. */
  join(client: Client): Connected {
    this.#clients.set(client.id, client);
    const { id: clientId, requestId } = client;
    this.#log.info({ clientId, requestId, clients: this.#clients.size }, 'client joined');
    this.#presence.changed();
    void this.#preparing.joined(client);
    const { region } = this.#options;
    return connectedMessage(client, {
      ...{ roomId: this.id, region, p2p: this.sync.p2p },
      streams: this.#streams.all(),
      recordings: this.recordings.all,
    });
  }

  /** The client is gone for good: nothing of it stays. */
  left(client: Client, why: string): void {
    if (this.#clients.get(client.id) !== client) {
      return;
    }
    this.#clients.delete(client.id);
    this.moved.left(client);
    this.#auto.left(client);
    for (const flow of client.publications.values()) {
      this.publishing.end(client, flow);
    }
    for (const flow of client.subscriptions.values()) {
      this.#subscribing.end(client, flow);
    }
    const erizo = this.#erizos.of(client);
    const removal = erizo?.rpc.call('removeClient', { clientId: client.id });
    // The conversation may end with the client: its last word has to be said first.
    void quietly(this.#log, removal).then(() => this.#erizos.release(client));
    this.#log.info({ clientId: client.id, why, clients: this.#clients.size }, 'client left');
    this.#options.onLeft(client);
    if (client.leftForGood && client.hasReentry) {
      this.#presence.gone(client.entry);
    }
    this.#leaveIfEmpty();
    this.#presence.changed();
  }

  /** What an ErizoJS says to a client. */
  fromErizo(client: Client, message: ParamsOf<ErizoToController, 'connectionMessage'>): void {
    const { connectionId, msg: evt } = message;
    for (const flow of client.connections.flowsOf(connectionId)) {
      this.#subscribing.tell(flow);
    }
    client.connections.heard(connectionId, evt);
    client.send('connection_message_erizo', { connectionId, evt });
  }

  streamFailed(
    client: Client,
    erizoId: string,
    failure: ParamsOf<ErizoToController, 'streamFailed'>,
  ): void {
    const { streamId, role, why } = failure;
    const flows = role === 'publisher' ? client.publications : client.subscriptions;
    const flow = flows.get(streamId);
    // One of which the client was not told yet is for the call that opens it.
    if (flow !== undefined && !isUntold(flow) && erizoOf(flow)?.erizoId === erizoId) {
      if (why === 'upstream') {
        this.#subscribing.wayBroke(client, flow);
      } else {
        this.#fail(client, role === 'publisher' ? 'publish' : 'subscribe', flow, failures[why]);
      }
    }
  }

  /** The clients that the process serves. */
  clientsAt(erizoId: string): Client[] {
    const there = new Set<unknown>(this.#erizos.at(erizoId));
    return [...this.#clients.values()].filter((client) => there.has(client));
  }

  /** A process is lost, and with it what the clients of the room had there. */
  erizoDied(erizoId: string): void {
    this.#restoring.erizoDied(erizoId);
    this.recordings.erizoDied(erizoId);
  }

  membersChanged(): void {
    this.sync.sharing.membersChanged();
    this.#data.membersChanged();
  }

  /** Whether a client of this controller publishes the stream. */
  publishes(streamId: string): boolean {
    return this.#streams.isOwn(streamId);
  }

  /** What a publisher elsewhere says. */
  heard(streamId: string, msg: unknown): void {
    this.#data.heard(streamId, msg);
  }

  get users(): RoomUser[] {
    return [...this.#clients.values()].map(({ user }) => user);
  }

  /** Disconnects those of that name for good; answers how many they were. */
  deleteUser(removal: Removal, requestId?: string): number {
    this.removed.add(removal);
    const named = [...this.#clients.values()].filter(({ userName }) => userName === removal.name);
    this.#log.info({ requestId, clients: named.length }, 'users removed');
    for (const client of named) {
      client.close('it was removed', { code: 'forbidden', message: 'you were removed' });
    }
    return named.length;
  }

  /** The room is no more: its clients are told so and disconnected. */
  gone(code: string, message: string, requestId?: string): void {
    this.#log.info({ code, requestId }, 'room ended');
    this.#end(message, { code, message });
    this.#options.onClosed();
  }

  /** This controller ends; its clients may go to another one. */
  close(): void {
    this.#end('the controller is closing', {
      code: 'unavailable',
      message: 'this controller is closing: join again',
    });
  }

  #end(why: string, farewell: RoomEnded): void {
    this.sync.close();
    this.#presence.left();
    this.recordings.close();
    this.#auto.close();
    for (const client of [...this.#clients.values()]) {
      client.end(why, farewell);
    }
    this.sync.sharing.close();
  }

  #newPresence({ clock, edge }: RoomComponents): RoomPresence {
    return new RoomPresence(
      { clock, edge, log: this.#log },
      {
        roomId: this.id,
        users: () => this.#provableUsers(),
        onNoHolder: () => this.sync.forgotten(),
      },
    );
  }

  #fail(client: Client, direction: Direction, flow: Flow, failure: Failure): void {
    const part = direction === 'publish' ? this.publishing : this.#subscribing;
    part.fail(client, flow, failure);
  }

  #leaveIfEmpty(): void {
    if (this.#clients.size > 0 || this.#expected > 0) {
      return;
    }
    this.recordings.close();
    if (this.recordings.isIdle) {
      this.#presence.left();
      this.sync.leave();
    }
  }

  #usesOthers(): void {
    this.sync.tell();
    this.#preparing.changed();
    this.rerouting.changed();
  }

  #streamRemoved(streamId: string): void {
    this.#subscribing.streamRemoved(streamId);
    this.#auto.streamChanged(streamId);
  }

  #streamMoved(streamId: string): void {
    this.#subscribing.streamMoved(streamId);
    this.#auto.streamChanged(streamId);
    this.#changes.happened();
  }

  #learn(directory: Directory, said: Directory): void {
    const { added, changed, adapted, removed, moved, taken } = this.#streams.learn(directory, said);
    for (const id of removed) {
      this.#broadcast('onRemoveStream', { id });
      this.#subscribing.streamRemoved(id);
    }
    added.forEach((stream) => this.#broadcast('onAddStream', publicStream(stream)));
    this.recordings.others.learn(directory);
    this.#data.changed(changed);
    this.#streamChanges.adapted(adapted);
    const ids = [...added, ...changed].map(({ streamId }) => streamId);
    [...ids, ...removed, ...taken].forEach((id) => this.#auto.streamChanged(id));
    moved.forEach((streamId) => this.#subscribing.streamMoved(streamId));
    if (taken.length > 0) {
      this.sync.tell();
    }
    this.#changes.happened();
    this.#preparing.changed();
    this.rerouting.changed();
  }

  /** What the Room object is to know. */
  #facts(): RoomFacts {
    const { facts: recordings } = this.recordings;
    const facts = this.#streams.facts(this.#erizos.told);
    return recordings.length === 0 ? facts : { ...facts, recordings };
  }

  /** The same, with what proves to it when the publishers came. */
  #provableFacts(): ProvableFacts {
    const facts = this.#facts();
    const streams = facts.streams.map((stream) => {
      const client = this.#clients.get(stream.clientId);
      const isProven = client !== undefined && client.entry.enteredAt_ms === stream.enteredAt_ms;
      return isProven ? { ...stream, proof: client.entry.proof } : stream;
    });
    return { ...facts, streams };
  }

  #provableUsers(): ProvableUser[] {
    return [...this.#clients.values()].map(({ provableUser }) => provableUser);
  }

  #broadcast(event: string, message: unknown): void {
    for (const client of this.#clients.values()) {
      client.send(event, message);
    }
  }

  #parts(clock: Clock): RoomParts {
    return {
      roomId: this.id,
      clock,
      log: this.#log,
      streams: this.#streams,
      budget: new StreamBudget({ streams: this.#streams }),
      erizos: this.#erizos,
      grant: () => this.sync.grant,
      routeFor: (erizo, stream) => this.rerouting.routeFor(erizo, stream),
      added: (stream) => {
        this.#broadcast('onAddStream', publicStream(stream));
        this.#auto.streamChanged(stream.streamId);
        this.#changes.happened();
      },
      broadcast: (event, message) => this.#broadcast(event, message),
      announce: (event, message, also) => {
        for (const client of this.#clients.values()) {
          if (client.plan === 'dual' || client === also) {
            client.send(event, message);
          }
        }
      },
      clients: () => this.#clients.values(),
      client: (clientId) => this.#clients.get(clientId),
      size: () => this.#clients.size,
      p2p: () => this.sync.p2p,
      factsChanged: () => this.sync.tell(),
      directoryChanged: () => this.#changes.next(),
      quietly: (call) => quietly(this.#log, call),
    };
  }
}
