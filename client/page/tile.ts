import { make } from './element.ts';

/** One participant's picture, name and region. */
export class Tile {
  readonly element: HTMLElement;
  readonly video: HTMLVideoElement;
  readonly #note: HTMLElement;
  readonly #region: HTMLElement;
  readonly #muted: HTMLElement;
  #sizes: ResizeObserver | undefined;
  #words = '';
  #isShown = true;

  constructor(options: { name: string; region: string | undefined }) {
    this.video = make('video', '');
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.#note = make('p', 'tile-note');
    this.#region = make('span', 'badge', options.region ?? '');
    this.#muted = make('span', 'badge muted');
    const name = make('span', 'tile-name', options.name);
    const bar = make('div', 'tile-bar', name, this.#region, this.#muted);
    this.element = make('article', 'tile', this.video, this.#note, bar);
  }

  /** The tile of who looks at the page: mirrored and without sound. */
  static own(options: { name: string; region: string | undefined }): Tile {
    const tile = new Tile({ name: `${options.name} (you)`, region: options.region });
    tile.element.dataset['own'] = '';
    tile.video.muted = true;
    tile.video.dataset['local'] = '';
    return tile;
  }

  static remote(options: { id: string; name: string; region: string | undefined }): Tile {
    const tile = new Tile(options);
    tile.video.dataset['stream'] = options.id;
    tile.video.dataset['region'] = options.region ?? '';
    return tile;
  }

  /** Tells how wide it is, in pixels of the screen, now and whenever that changes. */
  watchWidth(tell: (width_px: number) => void): void {
    this.#sizes = new ResizeObserver(() => tell(this.element.clientWidth * devicePixelRatio));
    this.#sizes.observe(this.element);
  }

  setRegion(region: string): void {
    this.#region.textContent = region;
  }

  /** Words in the place of the picture; none shows the picture. */
  setNote(words: string): void {
    this.#words = words;
    this.#showNote();
  }

  /** Whether its picture is among the few that are sent to us. */
  setShown(isShown: boolean): void {
    this.#isShown = isShown;
    this.#showNote();
  }

  setMuted(words: string): void {
    this.#muted.textContent = words;
  }

  /** Whether a ring says that this one speaks. */
  setSpeaking(speaks: boolean): void {
    this.element.toggleAttribute('data-speaks', speaks);
  }

  /** Plays; answers false where the browser does not let it play with sound yet. */
  async play(media: MediaStream): Promise<boolean> {
    this.video.srcObject = media;
    try {
      await this.video.play();
      return true;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') {
        // A newer source took this one's place, or the tile is gone: neither is a trouble.
        return true;
      }
    }
    this.video.muted = true;
    await this.video.play().catch(() => undefined);
    return false;
  }

  close(): void {
    this.#sizes?.disconnect();
    this.video.srcObject = null;
    this.element.remove();
  }

  #showNote(): void {
    this.#note.textContent = this.#isShown ? this.#words : 'sound only for now';
  }
}
