import type { Cancel, Clock } from '../../../protocol/clock.ts';
import type { StreamConfig } from '../../../protocol/contracts/controller-erizo.ts';
import type { Priority, StrategyId } from '../../../protocol/priorities.ts';
import { hasSpeaker, weightOf } from '../../../protocol/priorities.ts';
import type { LayerRate } from '../media.ts';
import type { Levels } from './distribute.ts';
import { levelsStep } from './distribute.ts';
import type { LayerRates } from './layer-rates.ts';
import type { PicturesOf } from '../pictures/pictures-of.ts';
import { numbers } from './numbers.ts';
import type { Adapted } from './player.ts';
import { Player } from './player.ts';
import { sharesOf } from './shares.ts';

/** What a connection is estimated to carry, in bit/s; undefined where its client says nothing of it. */
export type Estimate = () => Promise<number | undefined>;

interface Looked {
  player: Player;
  layers: readonly LayerRate[];
}

/** Fits the videos that share a connection into it. It looks at the connection only while that matters. */
export class Adapter {
  readonly #clock: Clock;
  readonly #rates: LayerRates;
  readonly #pictures: PicturesOf;
  readonly #estimate: Estimate;
  readonly #players = new Map<Adapted, Player>();
  #strategy: StrategyId | undefined;
  #speaker: string | undefined;
  #levels: Levels = new Map();
  #stopLooking: Cancel | undefined;
  #isLooking = false;

  constructor(
    components: { clock: Clock; rates: LayerRates; pictures: PicturesOf },
    options: { estimate: Estimate },
  ) {
    this.#clock = components.clock;
    this.#rates = components.rates;
    this.#pictures = components.pictures;
    this.#estimate = options.estimate;
  }

  /** By the strategy, not one of several videos gets a layer (Licode's very low quality). */
  get isStarved(): boolean {
    const levels = [...this.#levels.values()];
    return levels.length > 0 && levels.every(({ level }) => typeof level === 'string');
  }

  /** It plays from now on, or the whole of what is said of it is that now. */
  set(adapted: Adapted, config: StreamConfig): void {
    if (adapted.video === undefined) {
      return;
    }
    const known = this.#players.get(adapted);
    const player = known ?? new Player(adapted, config);
    this.#players.set(adapted, player);
    player.configure(config);
    this.#weigh(player);
    this.#lookIfNeeded();
  }

  remove(adapted: Adapted): void {
    this.#players.delete(adapted);
    this.#lookIfNeeded();
  }

  /** How the videos share the connection; undefined leaves it to the worker. */
  setStrategy(strategy: StrategyId | undefined): void {
    if (this.#strategy === strategy) {
      return;
    }
    this.#strategy = strategy;
    this.#levels = new Map();
    for (const player of this.#players.values()) {
      player.setLevel(undefined);
      this.#weigh(player);
    }
    this.#lookIfNeeded();
  }

  /** Who speaks gets more where the strategy says so. */
  setSpeaker(streamId: string | undefined): void {
    this.#speaker = streamId;
    for (const player of this.#players.values()) {
      this.#weigh(player);
    }
  }

  close(): void {
    this.#players.clear();
    this.#lookIfNeeded();
  }

  #priorityOf({ adapted, priority }: Player): Priority {
    const speaks = hasSpeaker(this.#strategy) && adapted.streamId === this.#speaker;
    return speaks ? 'speaker' : priority;
  }

  #weigh(player: Player): void {
    player.adapted.setPriority(weightOf(this.#priorityOf(player)));
  }

  #lookIfNeeded(): void {
    const players = [...this.#players.values()];
    const needed =
      players.length > 0 &&
      (this.#strategy !== undefined || players.some(({ isWatched }) => isWatched));
    if (needed) {
      this.#stopLooking ??= this.#clock.every(numbers.look_ms, () => void this.#look());
    } else {
      this.#stopLooking?.();
      this.#stopLooking = undefined;
    }
  }

  /** One look at a time: a worker that is slow is asked less often. */
  async #look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    try {
      const available_bps = await this.#estimate();
      const looked = await Promise.all([...this.#players.values()].map((one) => this.#lookAt(one)));
      const there = looked.filter(({ player }) => this.#players.has(player.adapted));
      if (available_bps !== undefined) {
        this.#fit(available_bps, there);
        this.#lookIfNeeded();
      }
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookAt(player: Player): Promise<Looked> {
    const { video } = player.adapted;
    const layers = video === undefined ? [] : await this.#rates.of(video);
    if (video !== undefined && layers.length > 0 && player.wantsPictures) {
      // It takes as long as key frames do, for which nobody else waits.
      void this.#pictures.of(video, layers.length).then((known) => player.setPictures(known));
    }
    return { player, layers };
  }

  #fit(available_bps: number, looked: readonly Looked[]): void {
    const now_ms = this.#clock.now();
    const demands = looked.map(({ player, layers }) => ({
      streamId: player.adapted.streamId,
      priority: this.#priorityOf(player),
      layers_bps: layers.map(({ whole_bps }) => whole_bps),
    }));
    const strategy = this.#strategy;
    if (strategy !== undefined) {
      this.#levels = levelsStep(this.#levels, { available_bps, demands, strategy, now_ms });
      for (const { player } of looked) {
        player.setLevel(this.#levels.get(player.adapted.streamId)?.level);
      }
    }
    const shares_bps = sharesOf(available_bps, demands);
    for (const { player, layers } of looked) {
      const share_bps = shares_bps.get(player.adapted.streamId) ?? 0;
      player.step({ share_bps, layers, now_ms });
    }
  }
}
