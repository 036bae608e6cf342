import { limits } from '../../../protocol/limits.ts';
import type { SignallingClient } from '../../support/fuzz/signalling-client.ts';
import type { Counts, Flood, Running } from './flood.ts';
import { countAnswer } from './flood.ts';
import { countHeard, guests, leave } from './guests.ts';
import { pace } from './pace.ts';

/** As many as fill a room: ten times what one may say of its streams, and the rest. */
const clients = 11;
/** Of one client, which may publish ten in a second, and say 256 KiB. */
const publications_perSecond = 12;
const updates_perSecond = 8;

/** As large as they may be, with their names and quotes. */
const largest = { text: 'x'.repeat(limits.attributes_bytes - 11) };
const options = { state: 'data', audio: false, video: false, data: true, attributes: largest };

export const streams: Flood = {
  note: `${clients} clients publish and end streams with attributes of ${limits.attributes_bytes / 1024} KiB, ${publications_perSecond} times a second each, and change them ${updates_perSecond} times a second`,
  async open(target): Promise<Running> {
    const counts: Counts = {};
    const all = await guests(target, 'streams', clients);
    countHeard(all, counts);
    const publishers = all.map((client) => ({ client, own: [] }));
    return {
      counts,
      start: () => {
        const stops = publishers.flatMap((publisher) => flood(publisher, counts));
        return () => stops.forEach((stop) => stop());
      },
      close: () => leave(all),
    };
  },
};

interface Publisher {
  readonly client: SignallingClient;
  /** Ids of its streams, the oldest first. */
  readonly own: string[];
}

function flood({ client, own }: Publisher, counts: Counts): (() => void)[] {
  const publish = async (): Promise<void> => {
    const [oldest] = own;
    // Of the largest ones a client has three.
    if (own.length >= 3 && oldest !== undefined) {
      own.shift();
      countAnswer(counts, await client.ask('unpublish', oldest));
    }
    const answer = await client.ask('publish', { options });
    countAnswer(counts, answer);
    if (typeof answer?.[0] === 'string') {
      own.push(answer[0]);
    }
  };
  const update = async (): Promise<void> => {
    const id = own.at(-1);
    if (id !== undefined) {
      countAnswer(
        counts,
        await client.ask('updateStreamAttributes', { id, attrs: { ...largest } }),
      );
    }
  };
  return [
    pace(publications_perSecond, () => void publish()),
    pace(updates_perSecond, () => void update()),
  ];
}
