import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { Participant, TestAgent, TestController, TestErizo } from './erizo-kit.ts';

let browser: Browser;
let agent: TestAgent;
const erizos: TestErizo[] = [];

beforeAll(async () => {
  [browser, agent] = await Promise.all([launchChromium(), TestAgent.create()]);
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await Promise.all(erizos.splice(0).map((erizo) => erizo.end()));
});

afterAll(async () => {
  await browser.close();
  await agent.listener.close();
});

async function start(region: string, ip: string): Promise<TestErizo> {
  const erizo = await TestErizo.create(agent, region, ip);
  erizos.push(erizo);
  return erizo;
}

const patience = { timeout: 30_000, interval: 100 };

describe('the sound of a room', () => {
  it('is told in another region than that of who speaks, and to nobody who did not ask', async () => {
    const [origin, gateway] = await Promise.all([
      start('eu-west', '127.0.1.1'),
      start('us-east', '127.0.2.1'),
    ]);
    const [atOrigin, atGateway] = [origin, gateway].map((erizo) => TestController.dial(erizo));
    if (atOrigin === undefined || atGateway === undefined) {
      throw new Error('two were started');
    }
    const ann = await Participant.create(browser, atOrigin);
    const fromAnn = await ann.publish();
    const ben = await Participant.create(browser, atGateway);
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
