import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionPlan } from '../../../protocol/contracts/controller-erizo.ts';
import { launchChromium } from '../../support/chromium.ts';
import { Participant, TestAgent, TestController, TestErizo } from './kit/participant.ts';

let browser: Browser;
let agent: TestAgent;
let erizo: TestErizo;
let controller: TestController;

beforeAll(async () => {
  browser = await launchChromium();
  agent = await TestAgent.create();
});
afterAll(async () => {
  await browser.close();
  await agent.listener.close();
});
beforeEach(async () => {
  erizo = await TestErizo.create(agent, 'eu-west', '127.0.1.1');
  controller = TestController.dial(erizo);
});
afterEach(async () => {
  controller.peer.close();
  await erizo.end();
  for (const context of browser.contexts()) {
    await context.close();
  }
});

const two = async (plan: ConnectionPlan): Promise<[Participant, Participant]> => [
  await Participant.create(browser, controller, plan),
  await Participant.create(browser, controller, plan),
];

describe('the connections of Licode’s clients', () => {
  it('"single" are kept when nothing goes over them, and used again', async () => {
    const [ann, ben] = await two('single');
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    const { lastConnectionId } = ben;
    await ben.plays(stream.label);
    await ben.unsubscribe(stream.streamId);
    await ben.page.waitForFunction(inPageTracks, { label: stream.streamId, count: 0 });
    expect(await erizo.counters()).toMatchObject({ subscribers: 0, consumers: 0, connections: 2 });
    await controller.peer.call('removePublisher', {
      clientId: ann.clientId,
      streamId: stream.streamId,
    });
    const next = await ann.publish();
    await ben.subscribe(next, []);
    expect(ben.lastConnectionId).toBe(lastConnectionId);
    expect((await ben.plays(next.label)).frames).toBeGreaterThanOrEqual(15);
    expect(await erizo.counters()).toMatchObject({ publishers: 1, connections: 2 });
  });

  it('"stream" end with an offer that has the stream no more', async () => {
    const [ann, ben] = await two('stream');
    const stream = await ann.publish();
    await ben.subscribe(stream, []);
    await ben.plays(stream.label);
    await ben.page.waitForFunction(inPageTracks, { label: stream.streamId, count: 2 });
    await ben.unsubscribe(stream.streamId);
    await ben.page.waitForFunction(inPageTracks, { label: stream.streamId, count: 0 });
    const counters = await erizo.settled(({ connections }) => connections === 1);
    expect(counters).toMatchObject({ clients: 1, connections: 1, webRtcTransports: 1 });
  });

  it.each(['stream', 'single', 'dual'] as const)(
    '"%s" begin ICE anew when the client offers it, in both directions',
    async (plan) => {
      const [ann, ben] = await two(plan);
      const stream = await ann.publish();
      await ben.subscribe(stream, []);
      await ben.plays(stream.label);
      await Promise.all([ann.restartIce(), ben.restartIce()]);
      expect((await ben.plays(stream.label)).frames).toBeGreaterThanOrEqual(30);
      expect(controller.failures).toEqual([]);
    },
  );

  it('"single" are replaced, both of them, when the client gives one up', async () => {
    const [ann, ben] = await two('single');
    const own = await ann.publish();
    const other = await ben.publish();
    await ann.subscribe(other, []);
    const old = ann.lastConnectionId;
    const failure = controller.nextFailure();
    await ann.say(ann.publishConnectionId, { type: 'failed' });
    expect(await failure).toMatchObject({ streamId: own.streamId, role: 'publisher' });
    expect((await ann.plays(other.label)).frames).toBeGreaterThanOrEqual(15);
    const [next, third] = [await ann.publish(), await ben.publish()];
    await ann.subscribe(third, []);
    expect(ann.lastConnectionId).not.toBe(old);
    await ben.subscribe(next, []);
    expect((await ben.plays(next.label)).frames).toBeGreaterThanOrEqual(15);
    // What it still plays goes on over the old one, which ends with it.
    expect(await erizo.counters()).toMatchObject({ connections: 5 });
    await ann.unsubscribe(other.streamId);
    expect(await erizo.settled(({ connections }) => connections === 4)).toMatchObject({
      connections: 4,
    });
  });

  it('go on when the client could not take one offer', async () => {
    const [ann, ben] = await two('single');
    const [one, next] = [await ann.publish(), await ann.publish()];
    await ben.subscribe(one, []);
    ben.refuseNext = true;
    await expect(ben.subscribe(next, [])).rejects.toMatchObject({ code: 'sdp_malformed' });
    await ben.subscribe(next, []);
    expect((await ben.plays(next.label)).frames).toBeGreaterThanOrEqual(15);
    expect((await ben.plays(one.label)).frames).toBeGreaterThanOrEqual(15);
  });
});

function inPageTracks(wanted: { label: string; count: number }): boolean {
  const video = document.getElementById(wanted.label);
  return (
    video instanceof HTMLVideoElement &&
    video.srcObject instanceof MediaStream &&
    video.srcObject.getTracks().length === wanted.count
  );
}
