import type { Page } from 'playwright-core';
import { startLocal } from '../../infra/local.ts';
import type { LocalSystem } from '../../infra/local.ts';
import { rootDir } from '../../infra/paths.ts';
import type * as Sdk from '../../client/sdk/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { BareServer } from './bare/server.ts';
import type { Bench } from './row.ts';
import { median, row } from './row.ts';

/** Rounds after the first one, which warms browser and caches and is not counted. */
const rounds = 15;

/** What the pages of both kinds hold for the bench. */
interface PageGlobals {
  media: MediaStream;
  bare: { publish(media: MediaStream): Promise<void>; unpublish(): void; view(): Promise<number> };
  sdk: typeof Sdk;
  room: Sdk.Room;
}

/** One way to join: a room with somebody who publishes, then one who watches from the start to a frame. */
interface Way {
  name: string;
  publish(round: number): Promise<void>;
  /** Milliseconds from the wish to join to the first frame. */
  view(round: number): Promise<number>;
  leave(): Promise<void>;
}

async function openPage(page: Page, url: string): Promise<Page> {
  await page.goto(url);
  await page.evaluate(async () => {
    const globals = globalThis as unknown as PageGlobals;
    globals.media = await navigator.mediaDevices.getUserMedia({
      audio: true,
      video: { width: 640, height: 480, frameRate: 30 },
    });
  });
  return page;
}

function bareWay(publisher: Page, viewer: Page): Way {
  return {
    name: 'bare mediasoup',
    async publish() {
      await publisher.evaluate(() => {
        const { bare, media } = globalThis as unknown as PageGlobals;
        return bare.publish(media);
      });
    },
    view: () => viewer.evaluate(() => (globalThis as unknown as PageGlobals).bare.view()),
    leave: () => publisher.evaluate(() => (globalThis as unknown as PageGlobals).bare.unpublish()),
  };
}

/** A token that the demo route makes; the app's server would have made it before the page was opened. */
async function tokenFor(system: LocalSystem, room: string, region: string): Promise<string> {
  const response = await fetch(`${system.edgeUrl}/demo/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ room, name: 'bench', region }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

async function loadSdk(page: Page, edgeUrl: string): Promise<void> {
  await page.evaluate(async (url) => {
    const globals = globalThis as unknown as PageGlobals;
    globals.sdk = (await import(url)) as typeof Sdk;
  }, `${edgeUrl}/rizoma.js`);
}

interface Pages {
  publisher: Page;
  viewer: Page;
}

function rizomaWay(system: LocalSystem, pages: Pages, name: string, viewerRegion: string): Way {
  const roomOf = (round: number): string => `bench ${name} ${round}`;
  return {
    name,
    async publish(round) {
      const token = await tokenFor(system, roomOf(round), 'eu-west');
      await pages.publisher.evaluate(async (text) => {
        const globals = globalThis as unknown as PageGlobals;
        globals.room = await globals.sdk.join({ token: text });
        await globals.room.publish(globals.media.clone(), { attributes: { name: 'bench' } });
      }, token);
    },
    async view(round) {
      const token = await tokenFor(system, roomOf(round), viewerRegion);
      return pages.viewer.evaluate(viewWithSdk, token);
    },
    leave: () =>
      pages.publisher.evaluate(() => (globalThis as unknown as PageGlobals).room.leave()),
  };
}

/** Runs in the page. */
async function viewWithSdk(token: string): Promise<number> {
  const { sdk } = globalThis as unknown as PageGlobals;
  const began_ms = performance.now();
  const room = await sdk.join({ token });
  const [stream] = room.streams.values();
  if (stream === undefined) {
    throw new Error('the room has no stream to watch');
  }
  const video = document.createElement('video');
  video.muted = true;
  const frame = new Promise((resolve) => video.requestVideoFrameCallback(resolve));
  video.srcObject = await room.subscribe(stream);
  await Promise.all([video.play(), frame]);
  const took_ms = performance.now() - began_ms;
  room.leave();
  return took_ms;
}

/** The ways in turn, round by round, so that a machine whose speed drifts drifts for all of them. */
async function measure(ways: readonly Way[], say: (line: string) => void): Promise<number[]> {
  const took_ms = ways.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      await way.publish(round);
      // The encoder has come to its pace when it has sent for a while.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const one_ms = await way.view(round);
      await way.leave();
      if (round > 0) {
        took_ms[index]?.push(one_ms);
      }
    }
    say(`  round ${round} of ${rounds}`);
  }
  return took_ms.map(median);
}

export const join: Bench = {
  name: 'join',
  async run(say) {
    await using bare = await BareServer.create();
    await using system = await startLocal({
      regions: ['eu-west', 'ap-northeast'],
      edgePort: 18_787,
      addressBase: 30,
      stateDir: `${rootDir}/.rizoma/bench`,
      say,
    });
    const browser = await launchChromium();
    try {
      const page = async (url: string): Promise<Page> => openPage(await browser.newPage(), url);
      const pages = { publisher: await page(system.edgeUrl), viewer: await page(system.edgeUrl) };
      await loadSdk(pages.publisher, system.edgeUrl);
      await loadSdk(pages.viewer, system.edgeUrl);
      const ways = [
        bareWay(await page(bare.url), await page(bare.url)),
        rizomaWay(system, pages, 'one region', 'eu-west'),
        rizomaWay(system, pages, 'two regions', 'ap-northeast'),
      ];
      const [bare_ms = 0, one_ms = 0, two_ms = 0] = await measure(ways, say);
      const note = `median of ${rounds}, on loopback, cold room each`;
      return [
        row('join.bare', bare_ms, 'ms', null, `bare mediasoup page, ${note}`),
        row(
          'join.one-region',
          one_ms / bare_ms,
          'ratio',
          1.5,
          `${one_ms.toFixed(0)} ms: POST /join to first frame`,
        ),
        row(
          'join.two-regions',
          two_ms / bare_ms,
          'ratio',
          2,
          `${two_ms.toFixed(0)} ms: the pipe opened anew`,
        ),
      ];
    } finally {
      await browser.close();
    }
  },
};
