import * as v from 'valibot';
import type { Adaptation } from '../../protocol/adaptation.ts';
import { isErrorCode, RizomaError } from '../../protocol/errors.ts';
import { ConnectionId, StreamId } from '../../protocol/ids.ts';
import type { SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { parse } from '../../protocol/parse.ts';
import { errorOfWords } from './errors.ts';
import type { Playback } from './streams.ts';

/** What the signalling needs of a channel. */
export interface Caller {
  send(event: string, message: unknown): void;
  call(event: string, message: unknown): Promise<readonly unknown[]>;
}

export interface PublishWish {
  readonly audio: boolean;
  readonly video: boolean;
  /** The id of the MediaStream: it tells the server which m-sections of an offer are this stream's. */
  readonly label: string;
  readonly attributes: Record<string, unknown>;
  /** What its subscribers are to get; nothing is asked for where it is undefined. */
  readonly adaptation: Adaptation | undefined;
  /** The client's own, from which the id of the stream follows. */
  readonly number: number;
}

export interface SubscribeWish {
  readonly streamId: string;
  readonly audio: boolean;
  readonly video: boolean;
}

/** Where the media of a stream is negotiated. */
export interface ConnectionRef {
  readonly connectionId: string;
  readonly erizoId: string | undefined;
}

const erizoId = v.pipe(
  v.optional(v.nullable(v.string())),
  v.transform((id) => id ?? undefined),
);
const Published = v.tuple([
  v.pipe(v.unknown(), v.transform(String), StreamId),
  erizoId,
  ConnectionId,
]);
const Subscribed = v.tuple([v.literal(true), erizoId, ConnectionId]);

/** The client's events as functions (Licode: `erizoController/models/Client.js`). */
export class Signalling {
  readonly #caller: Caller;

  constructor(components: { caller: Caller }) {
    this.#caller = components.caller;
  }

  async publish(wish: PublishWish): Promise<ConnectionRef & { streamId: string }> {
    const { adaptation, ...rest } = wish;
    const wanted =
      adaptation === undefined
        ? {}
        : { minVideoBW: adaptation.minVideo_kbps, scheme: adaptation.scheme };
    const options = { state: 'erizo', data: false, screen: false, ...rest, ...wanted };
    const answer = await this.#caller.call('publish', { options, sdp: undefined });
    refuse(answer);
    const [streamId, erizo, connectionId] = parse(Published, answer, 'the answer to publish');
    return { streamId, erizoId: erizo, connectionId };
  }

  async subscribe(wish: SubscribeWish): Promise<ConnectionRef> {
    const options = { ...wish, data: false };
    const answer = await this.#caller.call('subscribe', { options, sdp: undefined });
    refuse(answer);
    const [, erizo, connectionId] = parse(Subscribed, answer, 'the answer to subscribe');
    return { erizoId: erizo, connectionId };
  }

  /** How a stream is played that is subscribed to (Licode: `updatestream`, where -1 leaves it open). */
  async configure(streamId: string, playback: Playback): Promise<void> {
    const { maxSpatial, maxTemporal, pinned = false } = playback;
    const qualityLayer = { spatialLayer: maxSpatial ?? -1, temporalLayer: maxTemporal ?? -1 };
    const msg = { type: 'updatestream', config: { qualityLayer, pinned } };
    await this.#caller.call('streamMessage', { options: { streamId, msg } });
  }

  /** What is said of it counts for what is said after it; there is no answer to wait for. */
  setLastN(few: number | undefined): void {
    this.#caller.send('setLastN', { n: few ?? null });
  }

  async unpublish(streamId: string): Promise<void> {
    refuse(await this.#caller.call('unpublish', streamId));
  }

  async unsubscribe(streamId: string): Promise<void> {
    refuse(await this.#caller.call('unsubscribe', streamId));
  }

  /** Our offer, or our answer to the server's. What the server has to say to it comes as a message. */
  describe(ref: ConnectionRef, msg: SdpMessage): void {
    const { connectionId } = ref;
    this.#caller.send('connectionMessage', {
      options: { connectionId, erizoId: ref.erizoId, msg },
    });
  }
}

/** Throws where the first argument is empty: then the second holds the reason in words. */
function refuse(answer: readonly unknown[]): void {
  const [first, words] = answer;
  if (first === null || first === undefined || first === false) {
    throw errorOfWords(typeof words === 'string' ? words : 'the controller refused', 'unavailable');
  }
}

/** What a message says went wrong, as an error: its code where it is one of ours. */
export function reportedError(code: string | undefined, message: string | undefined): RizomaError {
  const known = code !== undefined && isErrorCode(code) ? code : 'unavailable';
  return new RizomaError(known, message ?? code ?? 'the media ended');
}
