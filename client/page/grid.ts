import { layoutOf } from './layout.ts';
import type { Tile } from './tile.ts';

/** The tiles, in the order in which they came; our own is the first. */
export class Grid {
  readonly #element: HTMLElement;
  readonly #tiles = new Map<string, Tile>();

  constructor(components: { element: HTMLElement }) {
    this.#element = components.element;
  }

  static create(components: { element: HTMLElement }): Grid {
    const grid = new Grid(components);
    // What stands above the grid, a notice say, takes room as well.
    new ResizeObserver(() => grid.#resize()).observe(document.body);
    window.addEventListener('resize', () => grid.#resize());
    return grid;
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

  /** A ring around the tile of that key; around none where it has no tile. */
  showSpeaker(key: string): void {
    for (const [other, tile] of this.#tiles) {
      tile.setSpeaking(other === key);
    }
  }

  /** Sound for all, once the browser has seen a click. */
  unmute(): void {
    for (const { video } of this.#tiles.values()) {
      video.muted = video.dataset['local'] !== undefined;
    }
  }

  /** Lays the tiles out anew: there is one more or less, or the window has changed. */
  #resize(): void {
    const { left, top } = this.#element.getBoundingClientRect();
    const { columns, width } = layoutOf(this.#tiles.size, {
      width: document.documentElement.clientWidth - 2 * Math.min(left, margin),
      height: window.innerHeight - top - margin,
    });
    this.#element.style.setProperty('--columns', String(columns));
    this.#element.style.setProperty('--width', `${width}px`);
  }
}

/** Around the grid, in CSS pixels. */
const margin = 24;
