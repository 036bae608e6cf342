import type { Clock } from '../../protocol/clock.ts';
import type { Link, LinkSink } from '../../protocol/link.ts';

/** What goes wrong with a frame that is sent; each is asked anew for every frame. */
export interface Faults {
  delay_ms?: (text: string) => number;
  drop?: (text: string) => boolean;
  duplicate?: (text: string) => boolean;
}

/** A link on which what is sent is delayed, dropped or doubled, and which can be cut. */
export class FaultyLink implements Link {
  readonly #link: Link;
  readonly #clock: Clock;
  #faults: Faults;
  #sink: LinkSink | undefined;
  #cut = false;

  constructor(components: { link: Link; clock: Clock }, faults: Faults = {}) {
    this.#link = components.link;
    this.#clock = components.clock;
    this.#faults = faults;
  }

  get name(): string {
    return `faulty ${this.#link.name}`;
  }

  set faults(faults: Faults) {
    this.#faults = faults;
  }

  open(sink: LinkSink): void {
    this.#sink = sink;
    this.#link.open({
      frame: (text) => sink.frame(text),
      ended: (why) => {
        if (!this.#cut) {
          sink.ended(why);
        }
      },
    });
  }

  send(text: string): void {
    if (this.#faults.drop?.(text) === true) {
      return;
    }
    const copies = this.#faults.duplicate?.(text) === true ? 2 : 1;
    const delay_ms = this.#faults.delay_ms?.(text) ?? 0;
    for (let copy = 0; copy < copies; copy += 1) {
      if (delay_ms === 0) {
        this.#link.send(text);
      } else {
        this.#clock.after(delay_ms, () => this.#sendLate(text));
      }
    }
  }

  close(): void {
    this.#link.close();
  }

  /** The way breaks now; both sides notice. */
  cut(): void {
    this.#cut = true;
    this.#link.close();
    this.#sink?.ended('lost');
  }

  #sendLate(text: string): void {
    try {
      this.#link.send(text);
    } catch {
      // The link ended while the frame was on its way.
    }
  }
}
