import type { Page } from 'playwright-core';
import * as v from 'valibot';
import { launchChromium } from '../chromium.ts';
import type { EndpointHost, EndpointPage, Offered } from './endpoint-page.ts';
import * as inPage from './in-page.ts';
import type { Seen } from './seen.ts';
import { seenIn, watchFrames } from './watch-frames.ts';

const Played = v.object({ frames: v.number(), width: v.number(), audioPackets: v.number() });
const Offers = v.array(v.object({ connectionId: v.string(), sdp: v.string() }));
const Bytes = v.record(v.string(), v.number());

/** A page of a real browser. */
class ChromiumPage implements EndpointPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  openCamera(size: 'small' | 'large'): Promise<string> {
    return this.#page.evaluate(inPage.openCamera, size === 'large');
  }

  offer(options: { connectionId: string; label: string; simulcast: boolean }): Promise<string> {
    return this.#page.evaluate(inPage.offer, options);
  }

  takeAnswer(answered: Offered): Promise<void> {
    return this.#page.evaluate(inPage.takeAnswer, answered);
  }

  answer(offered: Offered): Promise<string> {
    return this.#page.evaluate(inPage.answer, offered);
  }

  async restartIce(): Promise<Offered[]> {
    return v.parse(Offers, await this.#page.evaluate(inPage.restartIce));
  }

  isStable(): Promise<boolean> {
    return this.#page.evaluate(inPage.allStable);
  }

  connectionState(connectionId: string): Promise<string | undefined> {
    return this.#page.evaluate(inPage.connectionState, connectionId);
  }

  async sections(): Promise<number[]> {
    return v.parse(v.array(v.number()), await this.#page.evaluate(inPage.sections));
  }

  tracksIn(streamId: string): Promise<number> {
    return this.#page.evaluate(inPage.tracksIn, streamId);
  }

  async played(streamId: string): Promise<v.InferOutput<typeof Played>> {
    return v.parse(Played, await this.#page.evaluate(inPage.played, streamId));
  }

  sendUpTo(spatial: number | null): Promise<void> {
    return this.#page.evaluate(inPage.sendUpTo, spatial);
  }

  async sent(): Promise<Record<string, number>> {
    return v.parse(Bytes, await this.#page.evaluate(inPage.sent));
  }

  framesSent(): Promise<number> {
    return this.#page.evaluate(inPage.framesSent);
  }

  seen(): Promise<Seen[]> {
    return seenIn(this.#page);
  }

  dropConnections(): Promise<void> {
    return this.#page.evaluate(inPage.dropConnections);
  }

  screenshot(): Promise<Uint8Array> {
    return this.#page.screenshot();
  }

  async close(): Promise<void> {
    await this.#page.context().close();
  }
}

/** Pages of one Chromium. */
export async function chromiumHost(): Promise<EndpointHost> {
  const browser = await launchChromium();
  return {
    open: async ({ watchFrames: isWatched }) => {
      const page = await browser.newPage();
      // Cameras are for secure origins alone, and localhost is one.
      await page.route('http://localhost/**', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>test</title>' }),
      );
      await page.goto('http://localhost/');
      await page.evaluate(inPage.install);
      if (isWatched) {
        await watchFrames(page);
      }
      return new ChromiumPage(page);
    },
    close: () => browser.close(),
  };
}
