import type { Certificate } from '../../protocol/certificate.ts';
import type { Cancel, Clock } from '../../protocol/clock.ts';
import type { NodeCard, NodeLoad } from '../../protocol/contracts/node-edge.ts';
import { limits } from '../../protocol/limits.ts';
import { signCard } from '../../protocol/said-card.ts';
import type { TicketPrivateKey } from '../../protocol/ticket.ts';
import type { HeardCard } from './gossip-state.ts';
import type { ToldLoad } from './load-news.ts';
import { isNews, sayable } from './load-news.ts';

export interface OwnCardComponents {
  clock: Clock;
  card: NodeCard;
  key: TicketPrivateKey;
  /** How busy the node is now. */
  load: () => NodeLoad;
  /** Of this node; undefined while it has none, and then it says nothing. */
  certificate: () => (Certificate & { text: string }) | undefined;
  /** It was said. */
  said: (card: HeardCard) => void;
}

const defaults = {
  /** A node that is doubted by many at once, or again and again, speaks up once in this time. */
  pause_ms: 300,
} as const;

/** What this node says of itself, always later than what it said before. */
export class OwnCard {
  readonly #parts: OwnCardComponents;
  #said_ms = 0;
  #since_ms = 0;
  #after_ms = 0;
  #spokeAt_ms = 0;
  #told: ToldLoad | undefined;
  #stopTimer: Cancel | undefined;
  #closed = false;

  constructor(components: OwnCardComponents) {
    this.#parts = components;
  }

  /** Says it anew as soon as may be, later than that where others would believe it. */
  speak(after_ms = 0): void {
    const { clock } = this.#parts;
    const latest_ms = clock.date() + limits.clockSkew_s * 1000;
    this.#after_ms = Math.max(this.#after_ms, Math.min(after_ms, latest_ms - 1));
    if (this.#closed || this.#stopTimer !== undefined) {
      return;
    }
    const wait_ms = Math.max(0, this.#spokeAt_ms + defaults.pause_ms - clock.now());
    this.#stopTimer = clock.after(wait_ms, () => {
      this.#stopTimer = undefined;
      void this.#say({ gone: false, isAgain: false });
    });
  }

  /** Says again what it said before. */
  repeat(): void {
    if (!this.#closed && this.#stopTimer === undefined) {
      void this.#say({ gone: false, isAgain: true });
    }
  }

  /**
   * Says it again where the load has become another one. That waits for more of its kind on its way
   * and costs the mesh no messages: nobody joins or is lost by it.
   */
  look(): void {
    const { clock, load } = this.#parts;
    if (this.#told !== undefined && isNews(this.#told, sayable(load()), clock.now())) {
      this.repeat();
    }
  }

  /** Says that the node ends, and nothing after that. */
  async goodbye(): Promise<void> {
    this.close();
    await this.#say({ gone: true, isAgain: false });
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer?.();
    this.#stopTimer = undefined;
  }

  /** Later than what was said before; at the date where that was set back, as others would believe nothing later. */
  #nextSaid_ms(date_ms: number): number {
    const next_ms = Math.max(date_ms, this.#said_ms + 1, this.#after_ms + 1);
    const isSetBack = next_ms > date_ms + limits.clockSkew_s * 1000;
    this.#after_ms = isSetBack ? 0 : this.#after_ms;
    this.#said_ms = isSetBack ? date_ms : next_ms;
    return this.#said_ms;
  }

  async #say({ gone, isAgain }: { gone: boolean; isAgain: boolean }): Promise<void> {
    const { clock, key, said } = this.#parts;
    const certificate = this.#parts.certificate();
    if (certificate === undefined) {
      return;
    }
    this.#spokeAt_ms = clock.now();
    const said_ms = this.#nextSaid_ms(clock.date());
    const isNoNews = isAgain && this.#since_ms > 0 && this.#since_ms < said_ms;
    this.#since_ms = isNoNews ? this.#since_ms : said_ms;
    const since_ms = this.#since_ms;
    const card = { ...this.#parts.card, certificate: certificate.text };
    const load = sayable(this.#parts.load());
    this.#told = { load, at_ms: this.#spokeAt_ms };
    const text = await signCard(key, { card, load, said_ms, since_ms, gone });
    if (gone || !this.#closed) {
      said({ nodeId: card.nodeId, said_ms, since_ms, gone, text, card, load, certificate });
    }
  }
}
