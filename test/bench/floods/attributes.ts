import { limits } from '../../../protocol/limits.ts';
import type { SignallingClient } from '../../support/fuzz/signalling-client.ts';
import type { Counts, Flood, Running } from './flood.ts';
import { countAnswer } from './flood.ts';
import { countHeard, guests, leave, publishData } from './guests.ts';
import { pace } from './pace.ts';

const publishers = 4;
const viewers = 10;
/** Of one publisher: a client may send 200 messages and 256 KiB in a second, and each of these has 1.3 KiB. */
const updates_perSecond = 250;

const selectors = Array.from({ length: limits.selectors }, (_, at) => at);

/** Every other time they fit all of the selectors, and never a negative one: so all are looked at. */
function attributesOf(time: number): object {
  const fields = selectors.map((at) => [`k${at}`, time % 2] as const);
  return { ...Object.fromEntries(fields), text: 'x'.repeat(900) };
}

const wish = {
  selectors: Object.fromEntries(selectors.map((at) => [`/attributes/k${at}`, 0])),
  negativeSelectors: Object.fromEntries(selectors.map((at) => [`/attributes/n${at}`, 1])),
  options: { audio: false, video: false, data: true },
};

interface Publisher {
  readonly client: SignallingClient;
  readonly streams: readonly string[];
}

export const attributes: Flood = {
  note: `${publishers} clients change attributes of 1.2 KiB ${updates_perSecond} times a second each, of ${publishers * limits.streamsPerClient} streams that come to ${viewers} viewers by ${limits.selectors} selectors of each kind, and leave them again`,
  async open(target): Promise<Running> {
    const counts: Counts = {};
    const room = 'attributes';
    const all: Publisher[] = [];
    for (const client of await guests(target, room, publishers)) {
      const streams: string[] = [];
      while (streams.length < limits.streamsPerClient) {
        streams.push(await publishData(client, attributesOf(1)));
      }
      all.push({ client, streams });
    }
    const watching = await guests(target, room, viewers);
    for (const viewer of watching) {
      countAnswer(counts, await viewer.ask('autoSubscribe', wish));
    }
    countHeard(watching, counts);
    const updaters = all.map((publisher) => updater(publisher, counts));
    return {
      counts,
      start: () => {
        const stops = updaters.map((update) => pace(updates_perSecond, update));
        return () => stops.forEach((stop) => stop());
      },
      close: () => leave([...all.map(({ client }) => client), ...watching]),
    };
  },
};

/** Changes one stream after the other. */
function updater({ client, streams }: Publisher, counts: Counts): () => void {
  let sent = 0;
  return () => {
    const attrs = attributesOf(Math.floor(sent / streams.length));
    const id = streams[sent % streams.length];
    sent += 1;
    void client
      .ask('updateStreamAttributes', { id, attrs })
      .then((answer) => countAnswer(counts, answer));
  };
}
