import type { Clock } from '../../protocol/clock.ts';
import type { Link } from '../../protocol/link.ts';
import type { Caller } from '../link/keyring.ts';
import type { Log } from '../log.ts';
import { SummedLog } from '../summed-log.ts';
import { erizoDefaults } from './config.ts';
import { Downstream } from './downstream.ts';
import type { DownstreamOptions } from './downstream.ts';
import type { Engine } from './engine.ts';
import type { Guard } from './guard.ts';
import type { Measures } from './measures.ts';
import type { WantedStream } from './pulls.ts';
import type { Source } from './source.ts';

export interface DownstreamsComponents {
  engine: Engine;
  clock: Clock;
  log: Log;
  guard: Guard;
  measures: Measures;
}

export interface DownstreamsOptions extends Pick<DownstreamOptions, 'selfId' | 'onChange'> {
  /** For the process of that id. */
  source: (stream: WantedStream, erizoId: string) => Source;
}

/** The processes that pull streams from this one, so many of each node. */
export class Downstreams {
  readonly #components: DownstreamsComponents;
  readonly #options: DownstreamsOptions;
  readonly #refusals: SummedLog;
  readonly #all = new Set<Downstream>();

  constructor(components: DownstreamsComponents, options: DownstreamsOptions) {
    this.#components = components;
    this.#options = options;
    this.#refusals = new SummedLog(components);
  }

  get size(): number {
    return this.#all.size;
  }

  /** Streams that go to them. */
  get feeds(): number {
    return [...this.#all].reduce((sum, { feeds }) => sum + feeds, 0);
  }

  /** Serves the link of a process, or closes it where its node has as many as it may have. */
  add(link: Link, erizoId: string, caller: Caller): void {
    const { nodeId } = caller;
    const same = [...this.#all].filter((downstream) => downstream.nodeId === nodeId);
    if (same.length >= erizoDefaults.downstreamsPerNode) {
      const words = 'a process that would pull is refused: its node has too many linked here';
      this.#refusals.write('warn', nodeId, { nodeId, linked: same.length }, words);
      link.open({ frame: () => undefined, ended: () => undefined });
      link.close();
      return;
    }
    const { selfId, source, onChange } = this.#options;
    const downstream = Downstream.create(
      { ...this.#components, link },
      {
        ...{ erizoId, caller, selfId, onChange },
        source: (stream) => source(stream, erizoId),
        onEnd: (ended) => {
          this.#all.delete(ended);
          onChange();
        },
      },
    );
    this.#all.add(downstream);
  }

  close(): void {
    this.#refusals.close();
    for (const downstream of [...this.#all]) {
      downstream.close();
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
