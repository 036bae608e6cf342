import type { Clock } from '../../protocol/clock.ts';
import { RizomaError } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { TokenBucket } from '../token-bucket.ts';
import { defaults } from './defaults.ts';

/** How much one client may do in a time, over all its sockets. What charges it throws `rate_limited` where that is too much. */
export class ClientLimits {
  readonly #messages: TokenBucket;
  readonly #data: TokenBucket;
  readonly #publications: TokenBucket;
  readonly #selectors: TokenBucket;
  readonly #stats: TokenBucket;
  readonly #returns: TokenBucket;
  readonly #descriptions: TokenBucket;
  readonly #introductions: TokenBucket;
  /** Pays for all that it sends, in bytes: its lines take from it, and are not read while it is empty. */
  readonly talk: TokenBucket;

  constructor(components: { clock: Clock }) {
    const bucket = (perSecond: number, burst: number): TokenBucket =>
      new TokenBucket(components, { perSecond, burst });
    this.#messages = bucket(limits.clientMessages_perSecond, limits.clientMessages_perSecond);
    this.#data = bucket(limits.data_bytesPerSecond, limits.data_burst_bytes);
    this.#publications = bucket(defaults.publications_perSecond, limits.streamsPerClient * 2);
    this.#selectors = bucket(defaults.selectors_perSecond, defaults.selectors_perSecond * 2);
    this.#stats = bucket(defaults.stats_bytesPerSecond, defaults.stats_bytesPerSecond * 4);
    this.#returns = bucket(defaults.returns_perSecond, defaults.returnsAtOnce);
    this.#descriptions = bucket(
      defaults.descriptions_bytesPerSecond,
      defaults.descriptionsAtOnce_bytes,
    );
    this.#introductions = bucket(defaults.introductions_perSecond, limits.streamsPerRoom);
    this.talk = bucket(defaults.talk_bytesPerSecond, defaults.talkAtOnce_bytes);
  }

  /** Counts a message that it sent. */
  chargeMessage(): void {
    if (!this.#messages.take()) {
      throw new RizomaError('rate_limited', 'too many messages in one second: try again');
    }
  }

  /** Counts what it has sent to others. */
  chargeData(data_bytes: number): void {
    if (!this.#data.take(data_bytes)) {
      const most_KiB = limits.data_bytesPerSecond / 1024;
      throw new RizomaError(
        'rate_limited',
        `more than ${most_KiB} KiB of data in one second: send less, or less often`,
      );
    }
  }

  /** Counts a stream that it begins to publish, and what all others here are told of it. */
  chargePublication(bytes: number): void {
    if (!this.#publications.take()) {
      throw new RizomaError(
        'rate_limited',
        'too many streams in a short time: publish them one by one',
      );
    }
    this.chargeData(bytes);
  }

  /** Counts what it says of what it wants by selectors. */
  chargeSelectors(): void {
    if (!this.#selectors.take()) {
      throw new RizomaError(
        'rate_limited',
        'too many selectors in a short time: say them less often',
      );
    }
  }

  /** Counts the statistics that it is sent. */
  chargeStats(bytes: number): void {
    if (!this.#stats.take(bytes)) {
      throw new RizomaError('rate_limited', 'too many statistics in a short time: ask less often');
    }
  }

  /** Counts an SDP that a process is to read. */
  chargeDescription(bytes: number): void {
    if (!this.#descriptions.take(bytes + defaults.message_bytes)) {
      throw new RizomaError(
        'rate_limited',
        'too many descriptions in a short time: change your connections less often',
      );
    }
  }

  /** Counts a publisher that is told of it and is to send to it directly. */
  chargeIntroduction(): void {
    if (!this.#introductions.take()) {
      throw new RizomaError(
        'rate_limited',
        'too many subscriptions in a short time: subscribe less often',
      );
    }
  }

  /** Whether it may come back over another socket now: it may take all that was not confirmed. */
  mayReturn(): boolean {
    return this.#returns.take();
  }
}
