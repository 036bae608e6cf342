import { limits } from '../../../protocol/limits.ts';
import type { SignallingClient } from '../../support/fuzz/signalling-client.ts';
import type { Counts, Flood, Running, Target } from './flood.ts';
import { count, countAnswer } from './flood.ts';
import { countHeard, guests, leave, publishData } from './guests.ts';
import { pace } from './pace.ts';

/** As many as cost no more than one, and one of them reads nothing. */
const subscribers = 32;
/** Together 25 % more than a client may say. */
const large_perSecond = 4;
const small_perSecond = 180;

const large = 'x'.repeat(limits.data_bytes - 2);
const small = 'x'.repeat(300);
const room = 'data';

export const data: Flood = {
  note: `a publisher says ${large_perSecond} messages of ${limits.data_bytes / 1024} KiB and ${small_perSecond} of 300 bytes in a second to ${subscribers} subscribers, of whom one reads nothing`,
  async open(target): Promise<Running> {
    const counts: Counts = {};
    const [publisher, ...others] = await guests(target, room, subscribers);
    if (publisher === undefined) {
      throw new Error('there is no publisher');
    }
    const id = await publishData(publisher, {});
    await Promise.all(
      others.map((client) => client.ask('subscribe', { options: { streamId: id } })),
    );
    countHeard(others, counts);
    const slow = new SlowReaders(target, id, counts);
    await slow.next();
    const say = (msg: string) => (): void =>
      void publisher
        .ask('sendDataStream', { id, msg })
        .then((answer) => countAnswer(counts, answer));
    return {
      counts,
      start: () => {
        const stops = [pace(large_perSecond, say(large)), pace(small_perSecond, say(small))];
        return () => stops.forEach((stop) => stop());
      },
      close: async () => {
        slow.close();
        await leave([publisher, ...others]);
      },
    };
  },
};

/** One that reads nothing, and another one when that is ended. */
class SlowReaders {
  readonly #target: Target;
  readonly #streamId: string;
  readonly #counts: Counts;
  #current: SignallingClient | undefined;
  #closed = false;

  constructor(target: Target, streamId: string, counts: Counts) {
    this.#target = target;
    this.#streamId = streamId;
    this.#counts = counts;
  }

  async next(): Promise<void> {
    const [client] = await guests(this.#target, room, 1);
    await client?.ask('subscribe', { options: { streamId: this.#streamId } });
    client?.stopReading();
    this.#current = client;
    void client?.gone.then(() => this.#replace());
    if (this.#closed) {
      client?.vanish();
    }
  }

  async #replace(): Promise<void> {
    if (!this.#closed) {
      count(this.#counts, 'slow readers ended');
      await this.next().catch(() => count(this.#counts, 'slow readers not let in'));
    }
  }

  close(): void {
    this.#closed = true;
    if (this.#current?.isOpen === true) {
      this.#current.vanish();
    }
  }
}
