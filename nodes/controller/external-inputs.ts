import type { PublishMessage } from '../../protocol/contracts/client.ts';
import { InputSource } from '../../protocol/contracts/external-media.ts';
import type { StreamMedia } from '../../protocol/directory.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { toRizomaError } from '../../protocol/errors.ts';
import { parse } from '../../protocol/parse.ts';
import { untilLate } from './attempts.ts';
import type { Client } from './client.ts';
import type { Erizo } from './erizos.ts';
import { demandAlive } from './erizos.ts';
import type { Failure, Flow } from './flow.ts';
import { erizoOf, failureOf } from './flow.ts';
import type { Answer } from './reliable-socket.ts';
import type { RoomParts } from './room-parts.ts';

/** What is played into the room, and what was asked for of it. */
interface Wanted {
  media: StreamMedia;
  source: InputSource;
}

export interface ExternalInputsOptions {
  /** Media flows: the room hears of the stream, or of its new process. */
  ready(client: Client, flow: Flow, media: StreamMedia, erizo: Erizo): void;
  fail(client: Client, flow: Flow, failure: Failure): void;
  end(client: Client, flow: Flow): void;
}

/** With these a source may be there a moment later: a camera may still wait for the process that was lost. */
const again: readonly ErrorCode[] = ['unavailable', 'timeout'];

/** Streams that come from files and cameras, which an ErizoJS process opens. */
export class ExternalInputs {
  readonly #parts: RoomParts;
  readonly #options: ExternalInputsOptions;

  constructor(parts: RoomParts, options: ExternalInputsOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Licode: `_publishExternalInput`. A source that cannot be played leaves nothing behind. */
  async play(client: Client, flow: Flow, wanted: Wanted, answer: Answer): Promise<void> {
    const { streamId, abort } = flow;
    try {
      const erizo = await this.#parts.erizos.take(client);
      abort.signal.throwIfAborted();
      flow.state = { at: 'negotiating', erizo };
      const media = await this.#open(client, flow, { wanted, erizo, from_ms: undefined });
      answer(streamId);
      const began_ms = this.#parts.clock.now();
      flow.reopen = () => this.#reopen(client, flow, wanted, began_ms);
      this.#options.ready(client, flow, media, erizo);
    } catch (thrown) {
      this.#options.end(client, flow);
      throw toRizomaError(thrown);
    }
  }

  async #open(
    client: Client,
    { streamId, abort }: Flow,
    { wanted, erizo, from_ms }: { wanted: Wanted; erizo: Erizo; from_ms: number | undefined },
  ): Promise<StreamMedia> {
    const { media, source } = wanted;
    const found = await erizo.rpc.call(
      'addExternalInput',
      {
        ...{ roomId: this.#parts.roomId, clientId: client.id, streamId, source },
        audio: media.audio,
        video: media.video || media.screen,
        ...(from_ms === undefined ? {} : { from_ms }),
        grant: this.#parts.grant(),
      },
      { signal: abort.signal },
    );
    abort.signal.throwIfAborted();
    demandAlive(erizo);
    const video = media.video && found.video;
    const screen = media.screen && found.video;
    return { ...media, audio: found.audio, video, screen };
  }

  /**
   * Its process was lost: another one opens it, at the place where it would be by now. One that is lost too
   * hands it to the next.
   */
  async #reopen(client: Client, flow: Flow, wanted: Wanted, began_ms: number): Promise<void> {
    const { clock, streams, log } = this.#parts;
    const erizo = erizoOf(flow);
    if (erizo === undefined) {
      return;
    }
    try {
      const opened = await untilLate(this.#parts, { flow, erizo, again }, async () => {
        const from_ms = clock.now() - began_ms;
        return { from_ms, found: await this.#open(client, flow, { wanted, erizo, from_ms }) };
      });
      if (opened !== undefined) {
        const { streamId } = flow;
        const { from_ms, found } = opened;
        flow.restored = 0;
        log.info({ streamId, from_ms, erizoId: erizo.erizoId }, 'external input opened again');
        this.#options.ready(client, flow, streams.get(streamId)?.media ?? found, erizo);
      }
    } catch (thrown) {
      this.#options.fail(client, flow, failureOf(toRizomaError(thrown)));
    }
  }
}

/** What Licode's client says in the place of an SDP; undefined where the client sends the media itself. */
export function sourceOf(
  state: PublishMessage['options']['state'],
  said: unknown,
): InputSource | undefined {
  switch (state) {
    case 'url':
      return parse(InputSource, { type: 'url', url: said }, 'url');
    case 'recording':
      // Licode's ids are numbers.
      return parse(
        InputSource,
        { type: 'recording', recordingId: typeof said === 'number' ? String(said) : said },
        'recording',
      );
    default:
      return undefined;
  }
}
