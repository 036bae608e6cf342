import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type * as Sdk from '../../client/sdk/index.ts';
import { launchChromium } from '../support/chromium.ts';
import type { RtpCounts } from '../support/rtp-counts.ts';
import { countRtp, keepConnections } from '../support/rtp-counts.ts';
import { demoToken, openSdkPage } from '../support/sdk-page.ts';
import { chooseRegions, measuredMatrix, readMatrix } from './matrix.ts';
import { whyNoWan } from './permission.ts';
import { clientHost, nodeHost } from './system.ts';
import type { WanSystem } from './system.ts';
import { startTestMesh } from './test-mesh.ts';

/** A running call over two regions, whose edge ends, and whose edge falls silent. */

interface PageGlobals {
  room: Sdk.Room;
  /** `came` and `went` with the index of the stream, in the order in which the page heard of them. */
  heard: string[];
  local: Sdk.LocalStream[];
  publish(): Promise<void>;
}

const patience = { timeout: 60_000, interval: 100 };
const matrix = readMatrix(measuredMatrix);
const regions = chooseRegions(matrix, '2');
const [here = '', there = ''] = regions.map(({ id }) => id);
const fps = 10;
/** Longer than any lease, and than the silence after which a link is given up. */
const away_s = 12;
const lastMile_ms = 10;
const why = whyNoWan();

describe.skipIf(why !== undefined)(`a call on a WAN ${why ?? ''}`, () => {
  let mesh: WanSystem;
  let browser: Browser;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    ({ mesh, stop } = await startTestMesh({ matrix, regions, lastMile_ms, prerunProcesses: 1 }));
    // One browser stands for people near each node.
    await mesh.wan.link(clientHost(here), nodeHost(there), { rtt_ms: lastMile_ms });
    const { enter } = mesh.client(here);
    browser = await launchChromium({ enter, secureOrigin: mesh.system.edgeUrl });
  });

  afterAll(async () => {
    await browser?.close();
    await stop?.();
  });

  async function join(room: string, region: string): Promise<Page> {
    const context = await browser.newContext();
    await keepConnections(context);
    const page = await openSdkPage(context, mesh.system.edgeUrl);
    const token = await demoToken(mesh.system.edgeUrl, { room, name: 'somebody', region });
    await page.evaluate(async (text) => {
      const globals = globalThis as unknown as PageGlobals;
      const joined = await window.sdk.join({ token: text });
      const play = (stream: Sdk.RemoteStream): void => {
        globals.heard.push(`came ${stream.id}`);
        const video = document.createElement('video');
        video.muted = true;
        video.id = `v${stream.id}`;
        document.body.append(video);
        stream.on('media', (media) => {
          video.srcObject = media;
          void video.play();
        });
        stream.on('ended', () => globals.heard.push(`went ${stream.id}`));
        void joined.subscribe(stream);
      };
      Object.assign(globals, { room: joined, heard: [], local: [] });
      joined.on('stream-added', play);
      [...joined.streams.values()].forEach(play);
      globals.publish = async () => {
        const video = { width: 160, height: 120, frameRate: 10 };
        const media = await navigator.mediaDevices.getUserMedia({ audio: true, video });
        globals.local.push(await joined.publish(media));
      };
    }, token);
    return page;
  }

  const publish = (page: Page): Promise<string> =>
    page.evaluate(async () => {
      const globals = globalThis as unknown as PageGlobals;
      await globals.publish();
      return globals.local.at(-1)?.id ?? '';
    });

  const unpublishLast = (page: Page): Promise<void> =>
    page.evaluate(async () => {
      const { room, local } = globalThis as unknown as PageGlobals;
      const last = local.pop();
      if (last !== undefined) {
        await room.unpublish(last);
      }
    });

  const heard = (page: Page): Promise<string[]> =>
    page.evaluate(() => (globalThis as unknown as PageGlobals).heard);

  const streams = (page: Page): Promise<string[]> =>
    page.evaluate(() => [...(globalThis as unknown as PageGlobals).room.streams.keys()]);

  /** Resolves when pictures of the stream are shown. */
  async function shows(page: Page, streamId: string): Promise<void> {
    await page.waitForFunction(
      (id) => (document.querySelector<HTMLVideoElement>(`#v${id}`)?.videoWidth ?? 0) > 0,
      streamId,
    );
  }

  /** Resolves when as many frames were decoded as come in that time. */
  async function playsFor(page: Page, seconds: number, since: RtpCounts): Promise<RtpCounts> {
    const wanted = since.frames + seconds * fps;
    return await vi.waitFor(
      async () => {
        const now = await countRtp(page);
        expect(now.frames).toBeGreaterThan(wanted);
        return now;
      },
      { timeout: 4_000 * seconds, interval: 250 },
    );
  }

  async function goesOn(room: string, leave: () => Promise<void>, back: () => Promise<void>) {
    const [ann, ben] = [await join(room, here), await join(room, there)];
    const first = await publish(ann);
    await shows(ben, first);
    const before = await playsFor(ben, 1, await countRtp(ben));

    await leave();
    const second = await publish(ann);
    const own = await publish(ben);
    await Promise.all([shows(ben, second), shows(ann, own)]);
    await unpublishLast(ann);
    await vi.waitFor(async () => expect(await heard(ben)).toContain(`went ${second}`), patience);
    const after = await playsFor(ben, away_s, before);
    console.log(JSON.stringify({ room, before, after }));
    expect(after.lost).toBe(before.lost);
    await back();

    // Who comes now knows what the Room object says.
    const [cleo, dan] = [await join(room, here), await join(room, there)];
    expect((await streams(cleo)).toSorted()).toEqual([first, own].toSorted());
    expect((await streams(dan)).toSorted()).toEqual([first, own].toSorted());
    await Promise.all([shows(cleo, own), shows(dan, first)]);
    expect(await heard(ben)).toEqual([`came ${first}`, `came ${second}`, `went ${second}`]);
    expect(await heard(ann)).toEqual([`came ${own}`]);
    expect((await countRtp(ben)).lost).toBe(before.lost);
    for (const page of [ann, ben, cleo, dan]) {
      await page.context().close();
    }
  }

  test('whose edge ends loses nothing, sees what is published meanwhile, and agrees with the edge afterwards', async () => {
    await goesOn(
      'ended',
      () => mesh.system.killEdge(),
      async () => {
        await mesh.system.restartEdge();
        await vi.waitFor(
          async () => expect((await mesh.system.regionStates()).size).toBe(2),
          patience,
        );
      },
    );
  });

  test('whose edge falls silent does the same once that is noticed', async () => {
    await goesOn(
      'silent',
      () => Promise.resolve(mesh.system.signalEdge('SIGSTOP')),
      async () => {
        mesh.system.signalEdge('SIGCONT');
        await vi.waitFor(
          async () => expect((await mesh.system.regionStates()).size).toBe(2),
          patience,
        );
      },
    );
  });
});
