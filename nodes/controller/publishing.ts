import type { Adaptation } from '../../protocol/adaptation.ts';
import type { PublishMessage } from '../../protocol/contracts/client.ts';
import { adaptationOf } from '../../protocol/contracts/client-config.ts';
import type { ParamsIn } from '../../protocol/contract.ts';
import type { ControllerToErizo } from '../../protocol/contracts/controller-erizo.ts';
import { bytesOfStream } from '../../protocol/directory.ts';
import type { StreamMedia } from '../../protocol/directory.ts';
import { RizomaError, toRizomaError } from '../../protocol/errors.ts';
import { numberedStreamId } from '../../protocol/ids.ts';
import { limits } from '../../protocol/limits.ts';
import { chargeFor } from './charge-for.ts';
import { attempt } from './attempts.ts';
import type { Client } from './client.ts';
import type { Erizo } from './erizos.ts';
import { demandAlive } from './erizos.ts';
import { ExternalInputs, sourceOf } from './external-inputs.ts';
import type { Failure, Flow } from './flow.ts';
import { erizoOf, failureOf, isRestoringAt, isUntold, newFlow } from './flow.ts';
import type { Answer } from './reliable-socket.ts';
import type { RoomParts } from './room-parts.ts';
import { hasMedia } from './streams.ts';

/** A stream that a client begins to publish. */
interface Offered {
  media: StreamMedia;
  /** What its subscribers are to get. */
  adaptation: Adaptation | undefined;
}

/** Streams that clients of this controller publish into a room. */
export class Publishing {
  readonly #parts: RoomParts;
  /** Tells the subscribers here that a stream is no more. */
  readonly #onRemoved: (streamId: string) => void;
  /** Tells them that it comes from another process than before. */
  readonly #onMoved: (streamId: string) => void;
  readonly #inputs: ExternalInputs;

  constructor(
    parts: RoomParts,
    options: { onRemoved: (streamId: string) => void; onMoved: (streamId: string) => void },
  ) {
    this.#parts = parts;
    this.#onRemoved = options.onRemoved;
    this.#onMoved = options.onMoved;
    this.#inputs = new ExternalInputs(parts, {
      ready: (client, flow, media, erizo) =>
        this.#ready(client, flow, { media, adaptation: undefined }, erizo),
      fail: (client, flow, failure) => this.fail(client, flow, failure),
      end: (client, flow) => this.end(client, flow),
    });
  }

  /** Licode: `onPublish`. Answers `(streamId, erizoId, connectionId)`. */
  async publish(client: Client, { options, sdp }: PublishMessage, answer: Answer): Promise<void> {
    client.demand('publish', options);
    const number = options.number ?? client.nextStreamNumber();
    const streamId = await numberedStreamId(client.id, number);
    if (client.gone) {
      throw new RizomaError('cancelled', 'you have left the room');
    }
    this.#checkRoom(client, options.state);
    const { audio, video, data, screen, label, attributes, muteStream } = options;
    const withMedia = options.state !== 'data' && (audio || video || screen);
    const media: StreamMedia = {
      audio: withMedia && audio,
      video: withMedia && video,
      screen: withMedia && screen,
      data,
      label: label ?? '',
      attributes: attributes ?? {},
    };
    const source = sourceOf(options.state, sdp);
    if (client.publications.has(streamId)) {
      throw new RizomaError('conflict', `you publish stream ${streamId} already`);
    }
    const bytes = bytesOfStream({ userName: client.userName, media });
    client.limits.chargePublication(chargeFor(bytes, this.#parts.size()));
    this.#parts.budget.charge(client, { streamId, media });
    const flow = newFlow(streamId, muteStream ? { muteStream } : {});
    flow.number = number;
    client.publications.set(flow.streamId, flow);
    // In a room of that kind others get it from the client itself.
    if (!hasMedia(media) || this.#parts.p2p()) {
      answer(flow.streamId);
      this.#ready(client, flow, { media, adaptation: undefined }, undefined);
      return;
    }
    if (source !== undefined) {
      await this.#inputs.play(client, flow, { media, source }, answer);
      return;
    }
    const offered = { media, adaptation: adaptationOf(options) };
    flow.again = (connectionId) => this.#restore(client, flow, offered, connectionId);
    await this.#open(client, flow, offered, answer);
  }

  /** Ends a stream of this client; throws `not_found` for any other. */
  async unpublish(client: Client, streamId: string): Promise<void> {
    const flow = client.publications.get(streamId);
    if (flow === undefined) {
      throw new RizomaError('not_found', `you publish no stream ${streamId}`);
    }
    const erizo = erizoOf(flow);
    this.end(client, flow);
    await this.#parts.quietly(
      erizo?.rpc.call('removePublisher', { clientId: client.id, streamId }),
    );
  }

  /** A file was played to its end, or a camera has gone: Licode tells no more of it than that. */
  sourceEnded(client: Client, streamId: string): void {
    const flow = client.publications.get(streamId);
    if (flow !== undefined) {
      this.end(client, flow);
    }
  }

  /** It ended by itself. */
  fail(client: Client, flow: Flow, failure: Failure): void {
    const { streamId } = flow;
    if (client.publications.get(streamId) !== flow) {
      return;
    }
    this.#parts.log.warn({ clientId: client.id, streamId, ...failure }, 'stream failed');
    client.connectionFailed({ type: 'publish', streamId, ...failure });
    this.end(client, flow);
  }

  /** The stream is no more; its process is not told. */
  end(client: Client, flow: Flow): void {
    const { streamId } = flow;
    client.publications.delete(streamId);
    this.#parts.budget.release(client, streamId);
    client.connections.drop(flow);
    flow.abort.abort(new RizomaError('cancelled', `stream ${streamId} was given up`));
    if (this.#parts.streams.remove(streamId)) {
      this.#parts.log.info({ clientId: client.id, streamId }, 'stream unpublished');
      this.#parts.broadcast('onRemoveStream', { id: streamId });
      this.#onRemoved(streamId);
      this.#parts.factsChanged();
    }
  }

  #checkRoom(client: Client, state: PublishMessage['options']['state']): void {
    const served = this.#parts.p2p() ? ['p2p', 'data'] : ['erizo', 'url', 'recording', 'data'];
    if (!served.includes(state)) {
      throw new RizomaError('bad_request', `publishing as ${state} is not supported here`);
    }
    if (client.publications.size >= limits.streamsPerClient) {
      throw new RizomaError(
        'overloaded',
        `a client publishes up to ${limits.streamsPerClient} streams`,
      );
    }
  }

  async #open(client: Client, flow: Flow, offered: Offered, answer: Answer): Promise<void> {
    try {
      await attempt(flow, () => this.#addPublisher(client, flow, offered, answer), {
        again: ['link_down', 'timeout'],
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
      this.end(client, flow);
      throw error;
    }
  }

  async #addPublisher(client: Client, flow: Flow, offered: Offered, answer: Answer): Promise<void> {
    const { streamId, abort } = flow;
    const { media } = offered;
    const erizo = await this.#parts.erizos.take(client);
    abort.signal.throwIfAborted();
    await erizo.rpc.call('addPublisher', this.#params(client, flow, media), {
      signal: abort.signal,
      onPart: ({ connectionId }) => {
        flow.state = { at: 'negotiating', erizo };
        client.connections.add(connectionId, { erizo, direction: 'publish', flow });
        answer(streamId, client.connections.nameOf(erizo.erizoId), connectionId);
      },
    });
    if (!abort.signal.aborted) {
      demandAlive(erizo);
      this.#ready(client, flow, offered, erizo);
    }
  }

  /** The stream goes on in another process; one that is lost too hands it to the next. */
  async #restore(client: Client, flow: Flow, offered: Offered, restored: string): Promise<void> {
    const erizo = erizoOf(flow);
    if (erizo === undefined) {
      return;
    }
    const { streamId, abort } = flow;
    const params = this.#params(client, flow, offered.media, restored);
    try {
      await erizo.rpc.call('addPublisher', params, { signal: abort.signal });
      demandAlive(erizo);
      if (isRestoringAt(flow, erizo)) {
        flow.restored = 0;
        const { media, adaptation } = this.#parts.streams.get(streamId) ?? offered;
        this.#ready(client, flow, { media, adaptation }, erizo);
      }
    } catch (thrown) {
      if (isRestoringAt(flow, erizo)) {
        const msg = { type: 'failed' } as const;
        const end = { clientId: client.id, connectionId: restored, msg };
        void this.#parts.quietly(erizo.rpc.call('processConnectionMessage', end));
        this.fail(client, flow, failureOf(toRizomaError(thrown)));
      }
    }
  }

  #params(
    client: Client,
    { streamId, config }: Flow,
    media: StreamMedia,
    restored?: string,
  ): ParamsIn<ControllerToErizo, 'addPublisher'> {
    return {
      roomId: this.#parts.roomId,
      clientId: client.id,
      streamId,
      grant: this.#parts.grant(),
      options: {
        audio: media.audio,
        video: media.video || media.screen,
        label: media.label,
        plan: client.plan,
        config,
        ...(client.sound === undefined ? {} : { hears: true }),
        ...(client.followsLayers ? { follows: true } : {}),
        ...(restored === undefined ? {} : { restored }),
      },
    };
  }

  /** Its room hears of it now, and not when the edge has answered. */
  #ready(client: Client, flow: Flow, offered: Offered, erizo: Erizo | undefined): void {
    const { media, adaptation } = offered;
    const { streamId } = flow;
    flow.state = { at: 'ready', erizo };
    // A stream that came with its client from another controller is known here already.
    const isNew = this.#parts.streams.get(streamId) === undefined;
    const stream = this.#parts.streams.add({
      streamId,
      clientId: client.id,
      ...(erizo === undefined ? {} : { erizoId: erizo.erizoId }),
      userName: client.userName,
      media,
      ...(adaptation === undefined ? {} : { adaptation }),
      number: flow.number,
      enteredAt_ms: client.entry.enteredAt_ms,
    });
    this.#parts.log.info({ clientId: client.id, streamId }, 'stream published');
    if (isNew) {
      this.#parts.added(stream);
    } else {
      this.#onMoved(streamId);
    }
    this.#parts.factsChanged();
  }
}
