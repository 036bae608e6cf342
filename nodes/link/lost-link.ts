import type { Link, LinkSink } from '../../protocol/link.ts';
import { LinkCore } from './link-core.ts';

/** A link that could not be made: it ends with `lost` a moment later, as one does whose other side is not there. */
export class LostLink implements Link {
  readonly name: string;
  readonly #core: LinkCore;

  private constructor(name: string) {
    this.name = name;
    this.#core = new LinkCore(name);
  }

  static create(options: { name: string }): LostLink {
    const link = new LostLink(options.name);
    queueMicrotask(() => link.#core.end('lost'));
    return link;
  }

  open(sink: LinkSink): void {
    this.#core.open(sink);
  }

  /** It goes nowhere, as whatever waits on a link that is lost. */
  send(text: string): void {
    this.#core.admit(text, 0);
  }

  close(): void {
    this.#core.end('closed');
  }
}
