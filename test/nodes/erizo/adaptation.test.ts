import { describe, expect, it } from 'vitest';
import type { ClientBandwidth } from '../../../protocol/contracts/bandwidth.ts';
import { until } from './kit/until.ts';
import { endpointKind } from './kit/endpoints.ts';
import type { TestStream } from './kit/participant.ts';
import { erizoPair } from './kit/pair.ts';

/** Connections that carry too little: what they may take is limited, as a thin line would. */

const pair = erizoPair();

const patience_ms = 40_000;

function setBandwidth(bandwidth: ClientBandwidth): Promise<null> {
  const { clientId, controller } = pair.ben;
  return controller.peer.call('setClientBandwidth', { clientId, bandwidth });
}

/** Resolves when so many frames at most come with two seconds of the stream's sound. */
async function slows(stream: TestStream, frames: number): Promise<void> {
  await until(
    async () => {
      const before = (await pair.ben.played(stream)).frames;
      return (await pair.ben.hearsMore(stream, 100)).frames - before;
    },
    (more) => more <= frames,
    patience_ms,
  );
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

const isWide = (stream: TestStream, wanted: number): Promise<void> =>
  pair.ben.seesWidth(stream, wanted, patience_ms);

const messages = async (): Promise<string[]> =>
  pair.ben.controller.alerts.map(({ message }) => message);

describe('a subscriber whose connection carries too little', () => {
  it('is told so and gets the sound alone, and all of it again when it carries enough', async () => {
    const stream = await pair.ann.publish();
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await pair.ben.plays(stream);
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
    await slows(stream, 0);
    await setBandwidth({});
    await until(messages, (all) => all.includes('recovered'), patience_ms);
    await pair.ben.plays(stream);
    expect(await messages()).toEqual(['insufficient', 'recovered']);
  });

  it('gets slides where the layer does not fit that it wants at least', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream, 640);
    await pair.ben.configure(stream.streamId, { slideShowBelow: 1 });
    await pair.ben.plays(stream, 30);
    await setBandwidth({ target_bps: 40_000 });
    await slows(stream, 4);
    await setBandwidth({});
    await pair.ben.plays(stream, 30, patience_ms);
  });
});

describe('a subscriber that has a use for small pictures alone', () => {
  // The headless endpoint encodes nothing: it has no H.264 to send.
  const codecs = endpointKind === 'chromium' ? ['VP8/90000', 'H264/90000'] : ['VP8/90000'];

  it.each(codecs)('gets the layer of %s that has them, by its key frames', async (codec) => {
    const sdp = (offer: string): string => preferring(offer, codec);
    const stream = await pair.ann.publish({ simulcast: true, sdp });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream, 640);
    await pair.ben.configure(stream.streamId, { maxVideo: { width: 400, height: 200 } });
    await isWide(stream, 320);
    await pair.ben.configure(stream.streamId, { maxVideo: { width: 640 } });
    await isWide(stream, 640);
  });
});

describe('a strategy of priorities', () => {
  it('gives a stream the layers that are for its priority', async () => {
    const stream = await pair.ann.publish({ simulcast: true });
    await pair.ben.subscribe(stream, [pair.origin.hop]);
    await isWide(stream, 640);
    await setBandwidth({ strategy: 'low' });
    await isWide(stream, 320);
    await pair.ben.configure(stream.streamId, { priority: '40' });
    await isWide(stream, 640);
    await pair.ben.configure(stream.streamId, { priority: 'default' });
    await isWide(stream, 320);
    await setBandwidth({});
    await isWide(stream, 640);
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
