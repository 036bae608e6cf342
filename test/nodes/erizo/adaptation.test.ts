import { describe, expect, it } from 'vitest';
import { until } from './kit/until.ts';
import { endpointKind } from './kit/endpoints.ts';
import type { TestStream } from './kit/participant.ts';
import { erizoPair } from './kit/pair.ts';

/** Videos that fit what their subscriber has a use for; `test/slow/adaptation.test.ts` has what waits for bandwidth. */

const pair = erizoPair();

const patience_ms = 40_000;

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
