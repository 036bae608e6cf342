import { describe, expect, it } from 'vitest';
import type { ClientBandwidth } from '../../protocol/contracts/bandwidth.ts';
import { endpointKind } from '../nodes/erizo/kit/endpoints.ts';
import { erizoPair } from '../nodes/erizo/kit/pair.ts';
import type { TestStream } from '../nodes/erizo/kit/participant.ts';
import { until } from '../nodes/erizo/kit/until.ts';

/**
 * Connections that carry too little: what they may take is limited, as a thin line would. The schemes count 10 s
 * before they say so and 20 s before they try again; a subscriber that got less waits 10 s for more.
 */

const pair = erizoPair();

const patience_ms = 40_000;

/** After a limit is lifted the estimate has to rise, for which the client has to tell when packets arrived. */
const estimates = endpointKind === 'chromium';

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

const isWide = (stream: TestStream, wanted: number): Promise<void> =>
  pair.ben.seesWidth(stream, wanted, patience_ms);

const messages = async (): Promise<string[]> =>
  pair.ben.controller.alerts.map(({ message }) => message);

describe('a subscriber whose connection carries too little', () => {
  it.runIf(estimates)(
    'is told so and gets the sound alone, and all of it again when it carries enough',
    async () => {
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
    },
  );

  it.runIf(estimates)(
    'gets slides where the layer does not fit that it wants at least',
    async () => {
      const stream = await pair.ann.publish({ simulcast: true });
      await pair.ben.subscribe(stream, [pair.origin.hop]);
      await isWide(stream, 640);
      await pair.ben.configure(stream.streamId, { slideShowBelow: 1 });
      await pair.ben.plays(stream, 30);
      await setBandwidth({ target_bps: 40_000 });
      await slows(stream, 4);
      await setBandwidth({});
      await pair.ben.plays(stream, 30, patience_ms);
    },
  );
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
