import type { InputSource } from '../../../protocol/contracts/external-media.ts';
import { RizomaError } from '../../../protocol/errors.ts';
import type { MediaKind } from '../media.ts';
import type { Publisher } from '../publisher.ts';
import type { RecordingFolder } from '../recording/folder.ts';
import { inputDefaults } from './defaults.ts';
import type { InputComponents, InputOptions } from './external-input.ts';
import { ExternalInput } from './external-input.ts';
import type { Source } from './source.ts';
import { findSource, seekArgs } from './source.ts';

export interface InputsOptions {
  /** What may be played beside recordings: `scheme://host`. */
  allowed: readonly string[];
  published: (publisher: Publisher) => void;
  publisherEnded: (streamId: string) => void;
  /** One has gone: the process may be idle now. */
  onChange: () => void;
}

/** The streams of a process that come from files and cameras. */
export class Inputs {
  readonly #components: InputComponents & { folder: RecordingFolder };
  readonly #options: InputsOptions;
  readonly #inputs = new Map<string, ExternalInput>();

  constructor(components: InputComponents & { folder: RecordingFolder }, options: InputsOptions) {
    this.#components = components;
    this.#options = options;
  }

  get size(): number {
    return this.#inputs.size;
  }

  /** Throws as `findSource`. */
  find(source: InputSource, serviceId: string): Promise<Source> {
    const { folder } = this.#components;
    return findSource(source, { folder, allowed: this.#options.allowed, serviceId });
  }

  /**
   * Resolves with what there is once media flows; its end is told from then on. Throws `forbidden`,
   * `overloaded`, `unavailable`.
   */
  async add(
    params: Omit<InputOptions, 'source' | 'seek' | 'onEnd'> & {
      source: Source;
      from_ms?: number | undefined;
    },
    options: { signal: AbortSignal; onEnd: () => void },
  ): Promise<Record<MediaKind, boolean>> {
    if (this.size >= inputDefaults.inputs) {
      throw new RizomaError('overloaded', `a process plays ${inputDefaults.inputs} sources`);
    }
    const { streamId, source, from_ms } = params;
    let started = false;
    const input = new ExternalInput(this.#components, {
      ...params,
      source,
      seek: seekArgs(source, from_ms),
      onEnd: () => {
        this.#inputs.delete(streamId);
        this.#options.publisherEnded(streamId);
        if (started) {
          options.onEnd();
        }
        this.#options.onChange();
      },
    });
    this.#inputs.set(streamId, input);
    this.#options.published(input.publisher);
    const found = await input.start(options.signal);
    started = true;
    return found;
  }

  /** Ends a stream of the client, or all that it has. */
  remove(clientId: string, streamId?: string): void {
    for (const [id, input] of [...this.#inputs]) {
      if (input.clientId === clientId && (streamId === undefined || id === streamId)) {
        input.close();
      }
    }
  }

  close(): void {
    for (const input of [...this.#inputs.values()]) {
      input.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
