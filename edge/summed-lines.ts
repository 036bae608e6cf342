interface Kind<Line> {
  readonly until_ms: number;
  /** The last one that was not written. */
  last: Line | undefined;
  more: number;
}

/**
 * Lines of which the first of a kind is written at once, and of those that follow within a while how many there were. Sums are
 * written when the next request comes: an isolate has no time of its own between requests.
 */
export class SummedLines<Line> {
  readonly #write: (line: Line, more?: number) => void;
  readonly #period_ms: number;
  readonly #most: number;
  /** The eldest first. */
  readonly #kinds = new Map<string, Kind<Line>>();

  constructor(
    components: { write: (line: Line, more?: number) => void },
    options: { period_ms: number; kinds: number },
  ) {
    this.#write = components.write;
    this.#period_ms = options.period_ms;
    this.#most = options.kinds;
  }

  add(kind: string, line: Line, now_ms: number): void {
    const known = this.#kinds.get(kind);
    if (known !== undefined) {
      known.last = line;
      known.more += 1;
      return;
    }
    this.#write(line);
    const [eldest] = this.#kinds.size < this.#most ? [] : this.#kinds.keys();
    if (eldest !== undefined) {
      this.#end(eldest);
    }
    this.#kinds.set(kind, { until_ms: now_ms + this.#period_ms, last: undefined, more: 0 });
  }

  /** Writes the sums of those whose time is over. */
  flush(now_ms: number): void {
    for (const [kind, { until_ms }] of this.#kinds) {
      if (until_ms > now_ms) {
        return;
      }
      this.#end(kind);
    }
  }

  #end(kind: string): void {
    const { last, more } = this.#kinds.get(kind) ?? { last: undefined, more: 0 };
    this.#kinds.delete(kind);
    if (last !== undefined) {
      this.#write(last, more);
    }
  }
}
