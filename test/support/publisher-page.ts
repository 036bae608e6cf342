import type { Page as FirefoxPage } from 'puppeteer-core';
import type { Page as ChromiumPage } from 'playwright-core';
import type * as Sdk from '../../client/sdk/index.ts';

/** A page with our SDK that publishes stream after stream, in whichever browser. */
export interface Publisher {
  join(token: string): Promise<void>;
  /** Resolves with the id of the stream. */
  publish(): Promise<string>;
  unpublish(id: string): Promise<void>;
  /** Ids of what it publishes now; they change where it had to be published again. */
  ids(): Promise<string[]>;
}

declare global {
  interface Window {
    publisher: Publisher;
  }
}

const script = "globalThis.sdk = await import('/rizoma.js');";

function install(): void {
  const streams = new Set<Sdk.LocalStream>();
  let room: Sdk.Room | undefined;
  window.publisher = {
    async join(token) {
      room = await window.sdk.join({ token });
    },
    async publish() {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
      const stream = await room?.publish(media);
      if (stream?.id === undefined) {
        throw new Error('it has no id');
      }
      streams.add(stream);
      return stream.id;
    },
    async unpublish(id) {
      for (const stream of streams) {
        if (stream.id === id) {
          streams.delete(stream);
          await room?.unpublish(stream);
        }
      }
    },
    ids: () => Promise.resolve([...streams].map((stream) => stream.id ?? '')),
  };
}

export async function publisherInChromium(page: ChromiumPage, edgeUrl: string): Promise<Publisher> {
  await page.goto(`${edgeUrl}/healthz`);
  await page.addScriptTag({ type: 'module', content: script });
  await page.waitForFunction(() => window.sdk !== undefined);
  await page.evaluate(install);
  return {
    join: (token) => page.evaluate((text) => window.publisher.join(text), token),
    publish: () => page.evaluate(() => window.publisher.publish()),
    unpublish: (id) => page.evaluate((text) => window.publisher.unpublish(text), id),
    ids: () => page.evaluate(() => window.publisher.ids()),
  };
}

export async function publisherInFirefox(page: FirefoxPage, edgeUrl: string): Promise<Publisher> {
  await page.goto(`${edgeUrl}/healthz`);
  await page.addScriptTag({ type: 'module', content: script });
  await page.waitForFunction(() => window.sdk !== undefined);
  await page.evaluate(install);
  return {
    join: (token) => page.evaluate((text) => window.publisher.join(text), token),
    publish: () => page.evaluate(() => window.publisher.publish()),
    unpublish: (id) => page.evaluate((text) => window.publisher.unpublish(text), id),
    ids: () => page.evaluate(() => window.publisher.ids()),
  };
}
