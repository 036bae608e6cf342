import type { Tile } from './tile.ts';

/** The tiles, in the order in which they came; our own is the first. */
export class Grid {
  readonly #element: HTMLElement;
  readonly #tiles = new Map<string, Tile>();

  constructor(components: { element: HTMLElement }) {
    this.#element = components.element;
  }

  get(key: string): Tile | undefined {
    return this.#tiles.get(key);
  }

  add(key: string, tile: Tile): void {
    this.remove(key);
    this.#tiles.set(key, tile);
    this.#element.append(tile.element);
    this.#resize();
  }

  remove(key: string): void {
    this.#tiles.get(key)?.close();
    this.#tiles.delete(key);
    this.#resize();
  }

  clear(): void {
    for (const key of [...this.#tiles.keys()]) {
      this.remove(key);
    }
  }

  /** Sound for all, once the browser has seen a click. */
  unmute(): void {
    for (const { video } of this.#tiles.values()) {
      video.muted = video.dataset['local'] !== undefined;
    }
  }

  #resize(): void {
    this.#element.dataset['size'] = sizeOf(this.#tiles.size);
  }
}

/** What the style sheet makes columns and rows of. */
function sizeOf(tiles: number): 'one' | 'two' | 'four' | 'six' | 'nine' | 'many' {
  if (tiles <= 1) {
    return 'one';
  }
  if (tiles <= 4) {
    return tiles === 2 ? 'two' : 'four';
  }
  if (tiles <= 9) {
    return tiles <= 6 ? 'six' : 'nine';
  }
  return 'many';
}
