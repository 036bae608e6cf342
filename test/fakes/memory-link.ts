import { LinkCore } from '../../nodes/link/link-core.ts';
import type { Link, LinkEnd, LinkSink } from '../../protocol/link.ts';

/** Two ends of a link within one process; frames arrive in a later microtask, as from outside. */
export function memoryLinkPair(): [MemoryLink, MemoryLink] {
  const left = new MemoryLink('left');
  const right = new MemoryLink('right');
  left.join(right);
  right.join(left);
  return [left, right];
}

export class MemoryLink implements Link {
  readonly name: string;
  readonly #core: LinkCore;
  #other: MemoryLink | undefined;
  #waiting = 0;

  constructor(name: string) {
    this.name = name;
    this.#core = new LinkCore(name);
  }

  join(other: MemoryLink): void {
    this.#other = other;
  }

  open(sink: LinkSink): void {
    this.#core.open(sink);
  }

  send(text: string): void {
    this.#core.admit(text, this.#waiting);
    this.#waiting += 1;
    queueMicrotask(() => {
      this.#waiting -= 1;
      this.#other?.deliver(text);
    });
  }

  close(): void {
    this.end('closed');
    queueMicrotask(() => this.#other?.end('peer_closed'));
  }

  /** As if the way broke. */
  cut(): void {
    this.end('lost');
    this.#other?.end('lost');
  }

  deliver(text: string): void {
    this.#core.deliver(text);
  }

  end(why: LinkEnd): void {
    this.#core.end(why);
  }
}
