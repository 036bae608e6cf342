import type { Route } from '../../protocol/cascade-tree.ts';
import type { ParamsIn } from '../../protocol/contract.ts';
import type { SubscribeMessage } from '../../protocol/contracts/client.ts';
import type { StreamConfig } from '../../protocol/contracts/controller-erizo.ts';
import type { ControllerToErizo } from '../../protocol/contracts/controller-erizo.ts';
import type { RoomStream } from '../../protocol/directory.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { attempt, untilLate } from './attempts.ts';
import type { Client } from './client.ts';
import type { DataStreams } from './data-streams.ts';
import { defaults } from './defaults.ts';
import type { Erizo } from './erizos.ts';
import { demandAlive } from './erizos.ts';
import type { Failure, Flow } from './flow.ts';
import { erizoOf, failureOf, failures, isRestoringAt, isUntold, newFlow } from './flow.ts';
import type { Answer } from './reliable-socket.ts';
import type { PeerToPeer } from './p2p.ts';
import type { RoomParts } from './room-parts.ts';
import { hasMedia } from './streams.ts';

/** What a subscriber takes of a stream. */
interface Wanted {
  audio: boolean;
  video: boolean;
}

/** With these a way that ends at a process which died may be another one a moment later. */
const again: readonly ErrorCode[] = ['not_found', 'unavailable', 'link_down', 'timeout'];

/** Streams that clients of this controller receive. */
export class Subscribing {
  readonly #parts: RoomParts;
  readonly #data: DataStreams;
  readonly #p2p: PeerToPeer;

  readonly #onFailed: (client: Client, streamId: string) => void;

  constructor(
    components: { parts: RoomParts; data: DataStreams; p2p: PeerToPeer },
    options: { onFailed: (client: Client, streamId: string) => void },
  ) {
    this.#onFailed = options.onFailed;
    this.#parts = components.parts;
    this.#data = components.data;
    this.#p2p = components.p2p;
  }

  /** Licode: `onSubscribe`. Answers `(true, erizoId, connectionId)`. */
  async subscribe(client: Client, { options }: SubscribeMessage, answer: Answer): Promise<void> {
    client.demand('subscribe', options);
    const { streamId } = options;
    const stream = this.#stream(streamId);
    const { media } = stream;
    if (client.subscriptions.has(streamId)) {
      throw new RizomaError('conflict', `you are subscribed to stream ${streamId} already`);
    }
    if (client.subscriptions.size >= limits.streamsPerRoom) {
      throw new RizomaError(
        'overloaded',
        `a client receives up to ${limits.streamsPerRoom} streams`,
      );
    }
    const wanted = {
      audio: options.audio && media.audio,
      video: options.video && (media.video || media.screen),
    };
    const direct = this.#parts.p2p() && hasMedia(media);
    if (direct) {
      client.limits.chargeIntroduction();
    }
    const flow = newFlow(streamId, options.config);
    client.subscriptions.set(streamId, flow);
    const withData = direct || (options.data && media.data);
    const heard = withData ? this.#data.subscribe(client, stream) : Promise.resolve();
    if (direct) {
      // The controller of the publisher takes words for it once this one has shown that it may hear the stream.
      await heard;
      if (client.subscriptions.get(streamId) === flow) {
        this.#introduce(client, flow, stream);
      }
      answer(true);
      return;
    }
    if (!wanted.audio && !wanted.video) {
      flow.state = { at: 'ready', erizo: undefined };
      // What is said to who was told that they subscribed is not to be lost.
      await heard;
      answer(true);
      return;
    }
    client.demandTracks(flow, Number(wanted.audio) + Number(wanted.video));
    flow.again = (connectionId) => this.#restore(client, flow, wanted, connectionId);
    await this.#open(client, flow, wanted, answer);
  }

  #introduce(client: Client, flow: Flow, stream: RoomStream): void {
    flow.state = { at: 'ready', erizo: undefined };
    try {
      this.#p2p.subscribe(client, stream);
    } catch (thrown) {
      this.end(client, flow);
      throw thrown;
    }
  }

  /** Licode's client gives up what failed as well, and subscribes anew only when it was answered. */
  async unsubscribe(client: Client, streamId: string): Promise<void> {
    const flow = client.subscriptions.get(streamId);
    if (flow !== undefined) {
      await this.#remove(client, flow);
      return;
    }
    this.#stream(streamId);
  }

  /**
   * Answers the client that has not been answered yet. The process names the connection before it
   * pulls the stream and offers it after that, and until then the way to it may yet be another.
   */
  tell(flow: Flow): void {
    if (flow.state.at === 'opening') {
      flow.state.tell();
    }
  }

  /** It ended by itself. */
  fail(client: Client, flow: Flow, failure: Failure): void {
    const { streamId } = flow;
    if (client.subscriptions.get(streamId) !== flow) {
      return;
    }
    this.#parts.log.warn({ clientId: client.id, streamId, ...failure }, 'subscription failed');
    client.connectionFailed({ type: 'subscribe', streamId, ...failure });
    this.end(client, flow);
    this.#onFailed(client, streamId);
  }

  /**
   * The way to the stream broke. The process keeps its m-sections for a client of Licode, to whom it comes
   * again by another way; others are told.
   */
  wayBroke(client: Client, flow: Flow): void {
    const connectionId = client.connections.idOf(flow);
    const { state, again: restore } = flow;
    const isOpen = state.at === 'ready' || state.at === 'negotiating';
    if (client.plan === 'dual' || !isOpen || connectionId === undefined) {
      this.fail(client, flow, failures.upstream);
      return;
    }
    flow.state = { at: 'restoring', erizo: state.erizo };
    void restore?.(connectionId);
  }

  /** The subscription is no more; its process is not told. */
  end(client: Client, flow: Flow): void {
    if (client.subscriptions.get(flow.streamId) === flow) {
      client.subscriptions.delete(flow.streamId);
      client.demandTracks(flow, 0);
    }
    client.connections.drop(flow);
    if (this.#parts.p2p()) {
      this.#p2p.unsubscribe(client, flow.streamId);
    }
    this.#data.unsubscribe(client, flow.streamId);
    flow.abort.abort(new RizomaError('cancelled', `the subscription was given up`));
    if (flow.state.at === 'ready') {
      this.#parts.log.info({ clientId: client.id, streamId: flow.streamId }, 'unsubscribed');
    }
  }

  /** Clients of ours have another way to it at once; others hear of it when the old one ends. */
  streamMoved(streamId: string): void {
    for (const client of this.#parts.clients()) {
      if (client.plan === 'dual' && client.subscriptions.has(streamId)) {
        client.send('stream_moved', { id: streamId });
      }
    }
  }

  /** A stream is no more: nobody here receives it. */
  streamRemoved(streamId: string): void {
    for (const client of this.#parts.clients()) {
      const flow = client.subscriptions.get(streamId);
      if (flow !== undefined) {
        void this.#remove(client, flow);
      }
    }
    this.#data.removed(streamId);
    this.#p2p.removed(streamId);
  }

  async #remove(client: Client, flow: Flow): Promise<void> {
    const erizo = erizoOf(flow);
    this.end(client, flow);
    await this.#parts.quietly(
      erizo?.rpc.call('removeSubscriber', { clientId: client.id, streamId: flow.streamId }),
    );
  }

  #stream(streamId: string): RoomStream {
    const stream = this.#parts.streams.get(streamId);
    if (stream === undefined) {
      throw missing(streamId);
    }
    return stream;
  }

  /** A way that ends at a process which died meanwhile may be another one a moment later. */
  async #open(client: Client, flow: Flow, wanted: Wanted, answer: Answer): Promise<void> {
    try {
      await attempt(flow, () => this.#addSubscriber(client, flow, wanted, answer), {
        again,
        pause: () => this.#parts.directoryChanged(),
      });
    } catch (thrown) {
      const error = toRizomaError(thrown);
      if (flow.state.at === 'restoring') {
        // Its process was lost while it was opened: it is opened in another one.
        return;
      }
      if (!isUntold(flow)) {
        this.fail(client, flow, failureOf(error));
        return;
      }
      const removed = this.#parts.streams.get(flow.streamId) === undefined;
      this.end(client, flow);
      throw removed ? missing(flow.streamId) : error;
    }
  }

  async #addSubscriber(client: Client, flow: Flow, wanted: Wanted, answer: Answer): Promise<void> {
    const { streamId, abort } = flow;
    const { erizos, routeFor } = this.#parts;
    client.connections.drop(flow);
    flow.state = { at: 'asked' };
    const erizo = await erizos.take(client);
    abort.signal.throwIfAborted();
    const route = routeFor(erizo, this.#stream(streamId));
    await erizo.rpc.call('addSubscriber', this.#params(client, flow, { ...wanted, route }), {
      signal: abort.signal,
      onPart: ({ connectionId }) => {
        const tell = (): void => {
          flow.state = { at: 'negotiating', erizo };
          answer(true, client.connections.nameOf(erizo.erizoId), connectionId);
        };
        flow.state = { at: 'opening', erizo, tell };
        client.connections.add(connectionId, { erizo, direction: 'subscribe', flow });
      },
    });
    // The way may have broken before the answer was read.
    if (!abort.signal.aborted && !isRestoringAt(flow, erizo)) {
      demandAlive(erizo);
      this.tell(flow);
      this.#ready(client, flow, erizo, route);
    }
  }

  #ready(client: Client, flow: Flow, erizo: Erizo, route: Route): void {
    const { streamId } = flow;
    flow.state = { at: 'ready', erizo };
    flow.way = wayOf(route);
    this.#parts.log.info({ clientId: client.id, streamId, hops: route.length }, 'subscribed');
  }

  /**
   * The stream comes again, in another process or another way: where its publisher is restored too, once
   * that is done. A process that is lost meanwhile hands it to the next one.
   */
  async #restore(client: Client, flow: Flow, wanted: Wanted, restored: string): Promise<void> {
    const erizo = erizoOf(flow);
    if (erizo === undefined) {
      return;
    }
    try {
      const route = await untilLate(this.#parts, { flow, erizo, again }, async (waited_ms) => {
        const way = this.#newWay(flow, erizo, waited_ms);
        const params = this.#params(client, flow, { ...wanted, route: way }, restored);
        await erizo.rpc.call('addSubscriber', params, { signal: flow.abort.signal });
        demandAlive(erizo);
        return way;
      });
      if (route !== undefined) {
        flow.restored = 0;
        this.#ready(client, flow, erizo, route);
      }
    } catch (thrown) {
      const { id: clientId } = client;
      const { streamId } = flow;
      // Its m-sections need not wait for it any more.
      void this.#parts.quietly(erizo.rpc.call('removeSubscriber', { clientId, streamId }));
      this.fail(client, flow, failureOf(toRizomaError(thrown)));
    }
  }

  /**
   * A way that has not broken, or that has had the time to be whole again. Throws `unavailable` while there
   * is none.
   */
  #newWay(flow: Flow, erizo: Erizo, waited_ms: number): Route {
    const { erizos, streams, routeFor } = this.#parts;
    const stream = this.#stream(flow.streamId);
    if (streams.isOwn(flow.streamId) && !erizos.isLive(stream.erizoId)) {
      throw new RizomaError('unavailable', 'its publisher is between two processes');
    }
    const route = routeFor(erizo, stream);
    if (wayOf(route) === flow.way && waited_ms < defaults.brokenWay_ms) {
      throw new RizomaError('unavailable', 'the way to its publisher broke');
    }
    return route;
  }

  #params(
    client: Client,
    { streamId, config }: Flow,
    { audio, video, route }: Wanted & { route: Route },
    restored?: string,
  ): ParamsIn<ControllerToErizo, 'addSubscriber'> {
    return {
      roomId: this.#parts.roomId,
      clientId: client.id,
      streamId,
      route,
      grant: this.#parts.grant(),
      options: {
        ...{ audio, video, plan: client.plan, bandwidth: client.bandwidth },
        config: withAdaptation(config, this.#stream(streamId)),
        ...(client.sound === undefined ? {} : { hears: true }),
        ...(client.lastN === undefined ? {} : { lastN: client.lastN }),
        ...(restored === undefined ? {} : { restored }),
      },
    };
  }
}

function wayOf(route: Route): string {
  return route.map(({ erizoId }) => erizoId).join(' ');
}

/** Its publisher may change it meanwhile: then it comes by itself. */
function withAdaptation(config: StreamConfig, { adaptation }: RoomStream): StreamConfig {
  return adaptation === undefined ? config : { ...config, adaptation };
}

function missing(streamId: string): RizomaError {
  return new RizomaError('not_found', `stream ${streamId} does not exist`);
}
