import type { Browser, Page } from 'playwright-core';
import type * as Sdk from '../../client/sdk/index.ts';

export { demoToken } from './tokens.ts';

declare global {
  interface Window {
    /** The SDK, as an app's page would import it. */
    sdk: typeof Sdk;
    /** Joins, subscribes to the first stream of the room and resolves when its first frame is there. */
    watch(token: string): Promise<Sdk.Room>;
  }
}

/** An empty page of the edge's origin with the SDK in it. */
export async function openSdkPage(
  browser: Pick<Browser, 'newPage'>,
  edgeUrl: string,
): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(`${edgeUrl}/healthz`);
  await page.addScriptTag({
    type: 'module',
    content: "globalThis.sdk = await import('/rizoma.js');",
  });
  await page.waitForFunction(() => window.sdk !== undefined);
  await page.evaluate(() => {
    window.watch = async (token) => {
      const room = await window.sdk.join({ token });
      const [stream] = room.streams.values();
      if (stream === undefined) {
        throw new Error('the room has no stream to watch');
      }
      const video = document.createElement('video');
      video.muted = true;
      const frame = new Promise((resolve) => {
        video.requestVideoFrameCallback(resolve);
      });
      video.srcObject = await room.subscribe(stream);
      await Promise.all([video.play(), frame]);
      return room;
    };
  });
  return page;
}
