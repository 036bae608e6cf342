import { describe, expect, it, vi } from 'vitest';
import { TestController } from './kit/test-controller.ts';
import { erizoSuite } from './kit/suite.ts';

const suite = erizoSuite();

const patience = { timeout: 30_000, interval: 100 };

describe('the sound of a room', () => {
  it('is told in another region than that of who speaks, and to nobody who did not ask', async () => {
    const [origin, gateway] = await Promise.all([suite.start('eu-west'), suite.start('us-east')]);
    const [atOrigin, atGateway] = [origin, gateway].map((erizo) => TestController.dial(erizo));
    if (atOrigin === undefined || atGateway === undefined) {
      throw new Error('two were started');
    }
    const ann = await suite.join(atOrigin);
    const fromAnn = await ann.publish();
    const ben = await suite.join(atGateway);
    ben.hears = true;
    await ben.subscribe(fromAnn, [origin.hop]);
    await vi.waitUntil(() => atGateway.speakers.at(-1) === fromAnn.streamId, patience);
    await vi.waitUntil(() => atGateway.levels.at(-1)?.[0] === fromAnn.streamId, patience);

    const fromBen = await ben.publish();
    await ann.configure(fromAnn.streamId, { muteStream: { audio: true, video: false } });
    await vi.waitUntil(() => atGateway.speakers.at(-1) === fromBen.streamId, patience);
    const heard = atGateway.levels.length;
    await vi.waitUntil(() => atGateway.levels.length > heard + 2, patience);
    expect(atGateway.levels.slice(heard + 1).flat()).not.toContain(fromAnn.streamId);

    expect([...atOrigin.speakers, ...atOrigin.levels]).toEqual([]);
  });
});
