import type { Browser, Page } from 'playwright-core';
import { startLocal } from '../../infra/local.ts';
import type { LocalSystem } from '../../infra/local.ts';
import { rootDir } from '../../infra/paths.ts';
import type * as Sdk from '../../client/sdk/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { place } from '../support/place.ts';
import { demoToken, openSdkPage } from '../support/sdk-page.ts';
import { unlimited } from '../support/unlimited.ts';
import { BareServer } from './bare/server.ts';
import type { Bench } from './row.ts';
import { median, row } from './row.ts';

/** Rounds after the first one, which warms browser and caches and is not counted. */
const rounds = 15;

/** What the pages of both kinds hold for the bench. */
interface PageGlobals {
  media: MediaStream;
  bare: { publish(media: MediaStream): Promise<void>; unpublish(): void; view(): Promise<number> };
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

async function openBare(browser: Browser, bare: BareServer): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(bare.url);
  return page;
}

async function openCamera(page: Page): Promise<Page> {
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

interface Pages {
  publisher: Page;
  viewer: Page;
}

function rizomaWay(system: LocalSystem, pages: Pages, name: string, viewerRegion: string): Way {
  const wish = (round: number, region: string) => ({
    room: `${name} ${round}`,
    name: 'bench',
    region,
  });
  return {
    name,
    async publish(round) {
      const token = await demoToken(system.edgeUrl, wish(round, 'eu-west'));
      await pages.publisher.evaluate(async (text) => {
        const globals = globalThis as unknown as PageGlobals;
        globals.room = await window.sdk.join({ token: text });
        await globals.room.publish(globals.media.clone(), { attributes: { name: 'bench' } });
      }, token);
    },
    async view(round) {
      const token = await demoToken(system.edgeUrl, wish(round, viewerRegion));
      return pages.viewer.evaluate(async (text) => {
        const began_ms = performance.now();
        const room = await window.watch(text);
        const took_ms = performance.now() - began_ms;
        room.leave();
        return took_ms;
      }, token);
    },
    leave: () =>
      pages.publisher.evaluate(() => (globalThis as unknown as PageGlobals).room.leave()),
  };
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
      edgePort: place.edgePort,
      addressBase: place.addressBase,
      edgeVars: unlimited,
      stateDir: `${rootDir}/.rizoma/bench`,
      say,
    });
    const browser = await launchChromium();
    try {
      const pages = {
        publisher: await openCamera(await openSdkPage(browser, system.edgeUrl)),
        viewer: await openSdkPage(browser, system.edgeUrl),
      };
      const ways = [
        bareWay(await openCamera(await openBare(browser, bare)), await openBare(browser, bare)),
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
