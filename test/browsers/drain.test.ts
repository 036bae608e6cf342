import type { Browser } from 'playwright-core';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LocalSystem } from '../../infra/local.ts';
import { NodesAnswer } from '../../protocol/contracts/nodes.ts';
import { newUuid } from '../../protocol/ids.ts';
import { mauthHeader } from '../../protocol/mauth.ts';
import { launchChromium } from '../support/chromium.ts';
import { countersOf } from '../support/counters.ts';
import { Participant } from '../support/participant.ts';
import { startTestSystem } from '../support/system.ts';

/** A node is told to end while two browsers talk there. */

const region = 'eu-west';
const patience = { timeout: 30_000, interval: 250 };
let browser: Browser;
let system: LocalSystem;
let stop: () => Promise<void>;

beforeAll(async () => {
  ({ system, stop } = await startTestSystem(7, { regions: [region, 'us-east'] }));
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await stop?.();
});

const nodeOf = () => system.nodes.find((node) => node.region === region);

async function framesOf(viewer: Participant): Promise<number> {
  const streams = await viewer.incoming();
  return streams[0]?.video?.frames ?? 0;
}

/** The region's node as the edge lists it. */
async function listed() {
  const { NUVE_SUPERSERVICE_ID: serviceid, NUVE_SUPERSERVICE_KEY: key } = system.secrets;
  const signature = { serviceid, timestamp: String(Date.now()), cnonce: newUuid() };
  const headers = { authorization: await mauthHeader(key, signature) };
  const answer: unknown = await (await fetch(`${system.edgeUrl}/nodes`, { headers })).json();
  return v.parse(NodesAnswer, answer).nodes.find((node) => node.region === region);
}

test('a call goes on in a node that drains, who comes meanwhile is sent elsewhere, and the node ends after the call', async () => {
  const ann = await Participant.open(browser, system, { room: 'call', name: 'ann', region });
  const ben = await Participant.open(browser, system, { room: 'call', name: 'ben', region });
  await Promise.all([ann.sees(1), ben.sees(1)]);
  // Each is sent the other's audio and video.
  await vi.waitFor(async () => expect((await listed())?.load.consumers).toBe(4), patience);
  const first = (await listed())?.certificate;
  const pid = nodeOf()?.pid ?? 0;
  process.kill(pid, 'SIGTERM');
  await vi.waitFor(async () => {
    expect((await fetch(`${nodeOf()?.httpUrl}/readyz`)).status).toBe(503);
    expect(await listed()).toMatchObject({ draining: true, load: { clients: 2 } });
  }, patience);

  const cleo = await Participant.open(browser, system, { room: 'call', name: 'cleo' });
  await cleo.sees(2);
  expect(await countersOf(system, 'us-east')).toMatchObject({ clients: 1 });
  const before = await framesOf(ben);
  await vi.waitFor(async () => expect(await framesOf(ben)).toBeGreaterThan(before + 50), patience);
  expect(await ben.words()).toBe('');
  expect(nodeOf()?.pid).toBe(pid);

  for (const participant of [ann, ben, cleo]) {
    expect(participant.complaints).toEqual([]);
    await participant.leave();
  }
  await vi.waitFor(() => expect(nodeOf()?.pid).not.toBe(pid), patience);
  // Its supervisor starts it again, with the keys that it had.
  await vi.waitFor(async () => {
    const again = await listed();
    expect(again).toMatchObject({ draining: false, certificate: { peerId: first?.peerId } });
  }, patience);
});
