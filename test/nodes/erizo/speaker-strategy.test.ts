import { expect, it } from 'vitest';
import type { TestErizo } from './kit/participant.ts';
import { Participant, TestController, until } from './kit/participant.ts';
import { erizoSuite } from './kit/suite.ts';

/** A viewer whose line carries one large picture and one small one: the large one is of who speaks. */

const suite = erizoSuite();

/** Three browsers: a machine with much to do takes its time, and what gets more waits for 10 s. */
const long = { timeout: 150_000 };
const patience_ms = 60_000;

interface Speaker {
  who: Participant;
  stream: { streamId: string; label: string };
}

async function newSpeaker(origin: TestErizo): Promise<Speaker> {
  const who = await Participant.create(suite.browser, TestController.dial(origin));
  return { who, stream: await who.publish({ simulcast: true }) };
}

const setMuted = ({ who, stream }: Speaker, audio: boolean): Promise<null> =>
  who.configure(stream.streamId, { muteStream: { audio, video: false } });

/** What its layers take in bit/s, over five seconds of its browser's time. */
async function ratesOf({ who }: Speaker): Promise<{ low: number; high: number }> {
  const before = await who.sent();
  await who.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5_000)));
  const after = await who.sent();
  const rate = (rid: string): number => (((after[rid] ?? 0) - (before[rid] ?? 0)) * 8) / 5;
  return { low: rate('q'), high: rate('f') };
}

it('prefers who speaks, and the other one when that one does', long, async () => {
  const [origin, gateway] = await Promise.all([
    suite.start('eu-west', '127.0.1.1'),
    suite.start('us-east', '127.0.2.1'),
  ]);
  const [ann, cleo] = [await newSpeaker(origin), await newSpeaker(origin)];
  const ben = await Participant.create(suite.browser, TestController.dial(gateway));
  for (const { stream } of [ann, cleo]) {
    await ben.subscribe(stream, [origin.hop]);
  }
  const areWide = async (wanted: readonly [number, number]): Promise<void> => {
    const widths = await until(
      () =>
        Promise.all([ann, cleo].map(({ stream }) => ben.page.evaluate(widthOf, stream.streamId))),
      ([one, two]) => one === wanted[0] && two === wanted[1],
      patience_ms,
    );
    expect(widths).toEqual(wanted);
  };
  await areWide([640, 640]);

  const { low, high } = await ratesOf(ann);
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

function widthOf(id: string): number {
  const video = document.getElementById(id);
  return video instanceof HTMLVideoElement ? video.videoWidth : 0;
}
