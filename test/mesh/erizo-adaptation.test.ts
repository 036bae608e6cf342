import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import { launchChromium } from '../support/chromium.ts';
import { Participant, TestAgent, TestController, TestErizo, until } from './erizo-kit.ts';

/** Connections that carry too little: what they may take is limited, as a thin line would. */

let browser: Browser;
let agent: TestAgent;
let origin: TestErizo;
let far: TestErizo;
let ann: Participant;
let ben: Participant;

beforeAll(async () => {
  [browser, agent] = await Promise.all([launchChromium(), TestAgent.create()]);
});
afterAll(async () => {
  await browser.close();
  await agent.listener.close();
});
beforeEach(async () => {
  origin = await TestErizo.create(agent, 'eu-west', '127.0.1.1');
  far = await TestErizo.create(agent, 'us-east', '127.0.2.1');
  ann = await Participant.create(browser, TestController.dial(origin));
  ben = await Participant.create(browser, TestController.dial(far));
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all([origin.end(), far.end()]);
});

const patience_ms = 40_000;

function setBandwidth(bandwidth: ClientBandwidth): Promise<null> {
  const { clientId, controller } = ben;
  return controller.peer.call('setClientBandwidth', { clientId, bandwidth });
}

/** Resolves when so many frames at most have come of the stream in two seconds of the browser's time. */
async function slows(label: string, frames: number): Promise<void> {
  const slow = await until(
    async () => {
      const before = (await ben.played(label)).frames;
      await ben.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_000)));
      return (await ben.played(label)).frames - before;
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
    () => ben.page.evaluate(widthOf, streamId),
    (now) => now === wanted,
    patience_ms,
  );
  expect(width).toBe(wanted);
}

const messages = async (): Promise<string[]> => ben.controller.alerts.map(({ message }) => message);

describe('a subscriber whose connection carries too little', () => {
  it('is told so and gets the sound alone, and all of it again when it carries enough', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream.label);
    await setBandwidth({ target_bps: 60_000 });
    const adaptation = { scheme: 'notify-break-recover', minVideo_kbps: 300 } as const;
    await ben.configure(stream.streamId, { adaptation });
    await until(messages, (all) => all.includes('insufficient'), patience_ms);
    expect(ben.controller.alerts[0]).toEqual({
      clientId: ben.clientId,
      streamId: stream.streamId,
      message: 'insufficient',
      bandwidth_bps: 60_000,
    });
    await slows(stream.label, 0);
    const { audioPackets } = await ben.played(stream.label);
    const later = await until(
      () => ben.played(stream.label),
      (now) => now.audioPackets > audioPackets + 50,
      patience_ms,
    );
    expect(later.audioPackets).toBeGreaterThan(audioPackets + 50);
    await setBandwidth({});
    await until(messages, (all) => all.includes('recovered'), patience_ms);
    await ben.plays(stream.label);
    expect(await messages()).toEqual(['insufficient', 'recovered']);
  });

  it('gets slides where the layer does not fit that it wants at least', async () => {
    const stream = await ann.publish({ simulcast: true });
    await ben.subscribe(stream, [origin.hop]);
    await isWide(stream.streamId, 640);
    await ben.configure(stream.streamId, { slideShowBelow: 1 });
    await ben.plays(stream.label, 30);
    await setBandwidth({ target_bps: 40_000 });
    await slows(stream.label, 4);
    await setBandwidth({});
    expect((await ben.plays(stream.label, 30, patience_ms)).frames).toBeGreaterThan(30);
  });
});

describe('a subscriber that has a use for small pictures alone', () => {
  const codecs = ['VP8/90000', 'H264/90000'];

  it.each(codecs)('gets the layer of %s that has them, by its key frames', async (codec) => {
    const sdp = (offer: string): string => preferring(offer, codec);
    const stream = await ann.publish({ simulcast: true, sdp });
    await ben.subscribe(stream, [origin.hop]);
    await isWide(stream.streamId, 640);
    await ben.configure(stream.streamId, { maxVideo: { width: 400, height: 200 } });
    await isWide(stream.streamId, 320);
    await ben.configure(stream.streamId, { maxVideo: { width: 640 } });
    await isWide(stream.streamId, 640);
  });
});

describe('a strategy of priorities', () => {
  it('gives a stream the layers that are for its priority', async () => {
    const stream = await ann.publish({ simulcast: true });
    await ben.subscribe(stream, [origin.hop]);
    await isWide(stream.streamId, 640);
    await setBandwidth({ strategy: 'low' });
    await isWide(stream.streamId, 320);
    await ben.configure(stream.streamId, { priority: '40' });
    await isWide(stream.streamId, 640);
    await ben.configure(stream.streamId, { priority: 'default' });
    await isWide(stream.streamId, 320);
    await setBandwidth({});
    await isWide(stream.streamId, 640);
  });
});

describe('connections', () => {
  it('are judged by what they lose: on one machine they are good', async () => {
    const stream = await ann.publish();
    await ben.subscribe(stream, [origin.hop]);
    for (const { controller, clientId } of [ann, ben]) {
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
