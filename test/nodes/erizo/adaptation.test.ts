import { describe, expect, it } from 'vitest';
import type { ClientBandwidth } from '../../../protocol/contracts/bandwidth.ts';
import { until } from './kit/participant.ts';
import { erizoPair } from './kit/pair.ts';

/** Connections that carry too little: what they may take is limited, as a thin line would. */

const pair = erizoPair();

const patience_ms = 40_000;

function setBandwidth(bandwidth: ClientBandwidth): Promise<null> {
  const { clientId, controller } = pair.ben;
  return controller.peer.call('setClientBandwidth', { clientId, bandwidth });
}

/** Resolves when so many frames at most have come of the stream in two seconds of the browser's time. */
async function slows(label: string, frames: number): Promise<void> {
  const slow = await until(
    async () => {
      const before = (await pair.ben.played(label)).frames;
      await pair.ben.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_000)));
      return (await pair.ben.played(label)).frames - before;
    },
    (more) => more <= frames,
    patience_ms,
  );
  expect(slow).toBeLessThanOrEqual(frames);
}

/** The offer, whose video is best sent with that codec: the first that is taken here counts. */
function preferring(offer: string, codec: string): string {
  const types = offer.split('\r\n').flatMap((line) => {
    const [, type, name] = /^a=rtpmap:(\d+) (\S+)/.exec(line) ?? [];
    return name === codec && type !== undefined ? [type] : [];
  });
  return offer.replace(/^(m=video \d+ \S+) (.*)$/m, (_, head: string, all: string) => {
    const others = all.split(' ').filter((type) => !types.includes(type));
    return [head, ...types, ...others].join(' ');
  });
}

async function isWide(streamId: string, wanted: number): Promise<void> {
  const width = await until(
    () => pair.ben.page.evaluate(widthOf, streamId),
    (now) => now === wanted,
    patience_ms,
  );
  expect(width).toBe(wanted);
}

const messages = async (): Promise<string[]> =>
  pair.ben.controller.alerts.map(({ message }) => message);

describe('a subscriber whose connection carries too little', () => {
  it('is told so and gets the sound alone, and all of it again when it carries enough', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream.label);
    await setBandwidth({ target_bps: 60_000 });
    const adaptation = { scheme: 'notify-break-recover', minVideo_kbps: 300 } as const;
    await pair.ben.configure(stream.streamId, { adaptation });
    await until(messages, (all) => all.includes('insufficient'), patience_ms);
    expect(pair.ben.controller.alerts[0]).toEqual({
      clientId: pair.ben.clientId,
      streamId: stream.streamId,
      message: 'insufficient',
      bandwidth_bps: 60_000,
    });
    await slows(stream.label, 0);
    const { audioPackets } = await pair.ben.played(stream.label);
    const later = await until(
      () => pair.ben.played(stream.label),
      (now) => now.audioPackets > audioPackets + 50,
      patience_ms,
    );
    expect(later.audioPackets).toBeGreaterThan(audioPackets + 50);
    await setBandwidth({});
    await until(messages, (all) => all.includes('recovered'), patience_ms);
    await pair.ben.plays(stream.label);
    expect(await messages()).toEqual(['insufficient', 'recovered']);
  });

  it('gets slides where the layer does not fit that it wants at least', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream.streamId, 640);
    await pair.ben.configure(stream.streamId, { slideShowBelow: 1 });
    await pair.ben.plays(stream.label, 30);
    await setBandwidth({ target_bps: 40_000 });
    await slows(stream.label, 4);
    await setBandwidth({});
    expect((await pair.ben.plays(stream.label, 30, patience_ms)).frames).toBeGreaterThan(30);
  });
});

describe('a subscriber that has a use for small pictures alone', () => {
  const codecs = ['VP8/90000', 'H264/90000'];

  it.each(codecs)('gets the layer of %s that has them, by its key frames', async (codec) => {
    const sdp = (offer: string): string => preferring(offer, codec);
    const stream = await pair.ann.publish({ simulcast: true, sdp });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream.streamId, 640);
    await pair.ben.configure(stream.streamId, { maxVideo: { width: 400, height: 200 } });
    await isWide(stream.streamId, 320);
    await pair.ben.configure(stream.streamId, { maxVideo: { width: 640 } });
    await isWide(stream.streamId, 640);
  });
});

describe('a strategy of priorities', () => {
  it('gives a stream the layers that are for its priority', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream.streamId, 640);
    await setBandwidth({ strategy: 'low' });
    await isWide(stream.streamId, 320);
    await pair.ben.configure(stream.streamId, { priority: '40' });
    await isWide(stream.streamId, 640);
    await pair.ben.configure(stream.streamId, { priority: 'default' });
    await isWide(stream.streamId, 320);
    await setBandwidth({});
    await isWide(stream.streamId, 640);
  });
});

describe('connections', () => {
  it('are judged by what they lose: on one machine they are good', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    for (const { controller, clientId } of [pair.ann, pair.ben]) {
      await until(
        async () => controller.qualities,
        (told) => told.length > 0,
        10_000,
      );
      expect(controller.qualities).toMatchObject([{ clientId, level: 2 }]);
    }
  });
});

function widthOf(id: string): number {
  const video = document.getElementById(id);
  return video instanceof HTMLVideoElement ? video.videoWidth : 0;
}
