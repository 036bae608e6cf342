import type { Clock } from '../../../protocol/clock.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { Log } from '../../log.ts';
import type { Engine } from '../engine.ts';
import type { PlainTransport } from '../engine-plain.ts';
import { loopback } from '../engine-plain.ts';
import type { MediaKind, Producer } from '../media.ts';
import { Publisher } from '../publisher.ts';
import type { FfmpegEnd } from '../recording/ffmpeg.ts';
import { Ffmpeg, ffmpegError } from '../recording/ffmpeg.ts';
import { allOrNone, closeAll, deferred, untilAborted } from '../wait.ts';
import { inputDefaults } from './defaults.ts';
import { encodingOf } from './encode.ts';
import { Forwarder } from './forwarder/forwarder.ts';
import type { Probed } from './probe.ts';
import { probe } from './probe.ts';
import type { Source } from './source.ts';
import { fileArgs, forwardedArgs } from './source.ts';

export interface InputComponents {
  engine: Engine;
  clock: Clock;
  log: Log;
  random: () => number;
}

export interface InputOptions {
  streamId: string;
  roomId: string;
  clientId: string;
  audio: boolean;
  video: boolean;
  source: Source;
  /** Where in it ffmpeg begins. */
  seek: readonly string[];
  /** Once, and last, whatever ended it. */
  onEnd: (input: ExternalInput) => void;
}

interface Track {
  producer: Producer;
  transport: PlainTransport;
  args: readonly string[];
}

/** A stream that comes from a file or a camera: ffmpeg reads it and sends it to the worker as RTP. */
export class ExternalInput {
  readonly clientId: string;
  readonly publisher: Publisher;
  readonly #components: InputComponents;
  readonly #options: InputOptions;
  readonly #log: Log;
  readonly #flowing = deferred<void>();
  /** Between ffmpeg and a source that is not on this host's disk. */
  #forwarder: Forwarder | undefined;
  #tracks: Track[] = [];
  #ffmpeg: Ffmpeg | undefined;
  #ended = false;

  constructor(components: InputComponents, options: InputOptions) {
    const { streamId, roomId, audio, video, clientId } = options;
    this.clientId = clientId;
    this.#components = components;
    this.#options = options;
    this.#log = components.log.child({ streamId });
    const onEnd = (): void => this.#onEnd();
    const source = { streamId, roomId, audio, video, label: '', config: {} };
    this.publisher = new Publisher(components, {
      ...source,
      onLayers: undefined,
      isRestored: false,
      onEnd,
    });
  }

  /** Resolves with what there is when media flows. A start that fails leaves nothing behind. */
  async start(signal: AbortSignal): Promise<Record<MediaKind, boolean>> {
    const late = deferred<never>();
    const stopTimer = this.#components.clock.after(inputDefaults.start_ms, () =>
      late.reject(new RizomaError('unavailable', 'the source sent nothing in time')),
    );
    try {
      return await untilAborted(Promise.race([this.#open(signal), late.promise]), signal);
    } catch (thrown) {
      const refusal = signal.aborted ? undefined : this.#forwarder?.refusal;
      this.close();
      // Its forwarder knows better than ffmpeg what is wrong with a source.
      throw refusal ?? thrown;
    } finally {
      stopTimer();
    }
  }

  /** Idempotent. */
  close(): void {
    this.publisher.close();
  }

  async #open(signal: AbortSignal): Promise<Record<MediaKind, boolean>> {
    const args = await this.#sourceArgs();
    const wanted = this.#wanted(await probe(args, signal));
    const tracks = await allOrNone(wanted.map(([kind, codec]) => this.#track(kind, codec)));
    if (this.#ended) {
      closeAll(tracks);
      throw givenUp();
    }
    this.#tracks = tracks;
    this.#ffmpeg = Ffmpeg.create(
      { clock: this.#components.clock, log: this.#log },
      {
        args: ['-re', ...this.#options.seek, ...args, ...tracks.flatMap((track) => track.args)],
        outlives: false,
        onProgress: () => this.#flowing.resolve(),
      },
    );
    void this.#ffmpeg.exit.then((end) => this.#onExit(end));
    await this.#flowing.promise;
    this.publisher.start(tracks.map(({ producer }) => producer));
    this.#log.info({ tracks: wanted }, 'external input started');
    const kinds = wanted.map(([kind]) => kind);
    return { audio: kinds.includes('audio'), video: kinds.includes('video') };
  }

  /** How ffmpeg opens the source; what is not on this host's disk it reads from a forwarder. */
  async #sourceArgs(): Promise<string[]> {
    const { source } = this.#options;
    if (source.type === 'file') {
      return fileArgs(source.file);
    }
    const forwarder = await Forwarder.open({ log: this.#log }, source.remote);
    if (this.#ended) {
      forwarder.close();
      throw givenUp();
    }
    this.#forwarder = forwarder;
    return forwardedArgs(source.remote.scheme, forwarder.url);
  }

  #wanted(probed: Probed): [MediaKind, string][] {
    const { audio, video } = this.#options;
    const wanted: [MediaKind, string][] = [];
    if (audio && probed.audio !== undefined) {
      wanted.push(['audio', probed.audio]);
    }
    if (video && probed.video !== undefined) {
      wanted.push(['video', probed.video]);
    }
    if (wanted.length === 0) {
      throw new RizomaError('unavailable', 'the source has none of the media that were asked for');
    }
    return wanted;
  }

  async #track(kind: MediaKind, codec: string): Promise<Track & { close(): void }> {
    // ffmpeg takes it for a signed number.
    const ssrc = 1 + Math.floor(this.#components.random() * 0x7f_ff_ff_fe);
    const { rtpParameters, args } = encodingOf(kind, codec, ssrc);
    const transport = await this.#components.engine.plainTransport({ learns: true });
    try {
      const producer = await transport.produce({ kind, rtpParameters });
      const { port, rtcpPort } = transport;
      const to = `rtp://${loopback}:${port}?rtcpport=${rtcpPort}&pkt_size=1200`;
      const close = (): void => transport.close();
      return { producer, transport, args: [...args, to], close };
    } catch (thrown) {
      transport.close();
      throw thrown;
    }
  }

  #onExit(end: FfmpegEnd): void {
    this.#flowing.reject(ffmpegError('the source cannot be played', end));
    this.close();
  }

  #onEnd(): void {
    this.#ended = true;
    this.#ffmpeg?.kill();
    this.#forwarder?.close();
    for (const { transport } of this.#tracks) {
      transport.close();
    }
    this.#log.info('external input ended');
    this.#options.onEnd(this);
  }
}

function givenUp(): RizomaError {
  return new RizomaError('cancelled', 'the stream was given up');
}
