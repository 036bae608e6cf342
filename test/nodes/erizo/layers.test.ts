import { describe, expect, it, vi } from 'vitest';
import { newUuid } from '../../../protocol/ids.ts';
import { TestController } from './kit/test-controller.ts';
import { erizoSuite } from './kit/suite.ts';
import { layeredStream, patience } from './kit/layered-stream.ts';

/** Which layers a publisher is asked for, by who plays it in its own region and in another. */

const suite = erizoSuite();

describe('the layers of a publisher that follows', () => {
  it('are none while those who listen want no pictures, and their sound goes on', async () => {
    const { origin, atGateway, ann, stream, asked } = await layeredStream(suite);
    const { streamId } = stream;
    const ben = await suite.join(atGateway);
    await ben.subscribe(stream, [origin.hop]);
    await ben.plays(stream);
    await ben.configure(streamId, { muteStream: { audio: false, video: true } });
    await asked(null);
    const before = await ben.played(stream);
    const after = await ben.hearsMore(stream, 100);
    expect(after.frames).toBe(before.frames);
    await ben.configure(streamId, { muteStream: { audio: false, video: false } });
    await asked(7);
    await ben.plays(stream);
    expect(await ann.sent()).not.toEqual({});
  });

  it('are asked for again by another way after the first one broke', async () => {
    const { origin, gateway, atBehind, ann, stream, asked } = await layeredStream(suite);
    const { streamId } = stream;
    const dan = await suite.join(atBehind);
    await dan.subscribe(stream, [gateway.hop, origin.hop]);
    await dan.plays(stream);
    const failure = atBehind.nextFailure();
    gateway.child.kill('SIGKILL');
    await failure;
    await asked(null);
    await dan.subscribe(stream, [origin.hop]);
    await asked(7);
    expect((await dan.plays(stream)).frames).toBeGreaterThan(0);
    await dan.configure(streamId, { qualityLayer: { spatial: 0 } });
    await asked(0);
    await dan.seesWidth(stream, 320);
    // The publisher sends no more of the high layer, and the low one goes on.
    const { f: high } = await ann.sent();
    await dan.plays(stream);
    expect((await ann.sent())['f']).toBe(high);
  });

  it('are told to its controller again when that is back', async () => {
    const origin = await suite.start('eu-west');
    const controllerId = newUuid();
    const before = TestController.dial(origin, controllerId);
    const ann = await suite.join(before);
    ann.follows = true;
    const stream = await ann.publish();
    await vi.waitUntil(() => before.wanted.at(-1) === null, patience);
    before.peer.close();
    const after = TestController.dial(origin, controllerId);
    await vi.waitUntil(() => after.wanted.length > 0, patience);
    expect(after.wanted).toEqual([null]);
    ann.moveTo(after);
    const ben = await suite.join(after);
    await ben.subscribe(stream, []);
    expect(after.wanted).toEqual([null, 7]);
    await ben.plays(stream);
  });
});
