import { it } from 'vitest';
import type { RtpStats } from '../../protocol/contracts/controller-erizo.ts';
import { roomId } from '../nodes/erizo/kit/grants.ts';
import type { Participant, TestStream } from '../nodes/erizo/kit/participant.ts';
import { TestController } from '../nodes/erizo/kit/test-controller.ts';
import type { TestErizo } from '../nodes/erizo/kit/test-erizo.ts';
import { until } from '../nodes/erizo/kit/until.ts';
import { erizoSuite } from '../nodes/erizo/kit/suite.ts';

/** A viewer whose line carries one large picture and one small one: the large one is of who speaks. */

const suite = erizoSuite();

/** Three endpoints: a machine with much to do takes its time, and what gets more waits for 10 s. */
const long = { timeout: 150_000 };
const patience_ms = 60_000;

interface Speaker {
  who: Participant;
  stream: TestStream;
}

async function newSpeaker(origin: TestErizo): Promise<Speaker> {
  const who = await suite.join(TestController.dial(origin));
  return { who, stream: await who.publish({ simulcast: true }) };
}

const setMuted = ({ who, stream }: Speaker, audio: boolean): Promise<null> =>
  who.configure(stream.streamId, { muteStream: { audio, video: false } });

/** What the layers of its video take in bit/s, as its process measures them. */
async function ratesOf({ who, stream: { streamId } }: Speaker): Promise<number[]> {
  const { publisher = [] } = await until(
    () => who.controller.peer.call('getStreamStats', { roomId, streamId }),
    (stats) => videoRates(stats.publisher).length === 2,
    patience_ms,
  );
  return videoRates(publisher);
}

/** The low layer first. */
function videoRates(tracks: readonly RtpStats[] = []): number[] {
  return tracks
    .flatMap(({ kind, bitrate_bps }) => (kind === 'video' && bitrate_bps > 0 ? [bitrate_bps] : []))
    .toSorted((a, b) => a - b);
}

it('prefers who speaks, and the other one when that one does', long, async () => {
  const [origin, gateway] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
  const [ann, cleo] = [await newSpeaker(origin), await newSpeaker(origin)];
  const ben = await suite.join(TestController.dial(gateway));
  for (const { stream } of [ann, cleo]) {
    await ben.subscribe(stream, [origin.hop]);
  }
  const areWide = async (wanted: readonly [number, number]): Promise<void> => {
    await Promise.all(
      [ann, cleo].map(({ stream }, index) =>
        ben.seesWidth(stream, wanted[index] ?? 0, patience_ms),
      ),
    );
  };
  await areWide([640, 640]);

  const [low = 0, high = 0] = await ratesOf(ann);
  // Both cameras beep.
  await setMuted(cleo, true);
  const { clientId } = ben;
  const bandwidth = { strategy: 'speaker', target_bps: Math.round(high + 1.5 * low) } as const;
  await ben.controller.peer.call('setClientBandwidth', { clientId, bandwidth });
  await areWide([640, 320]);

  await setMuted(ann, true);
  await setMuted(cleo, false);
  await areWide([320, 640]);
});
