import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Route } from '../../protocol/cascade-tree.ts';
import type { SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { newUuid } from '../../protocol/ids.ts';
import { launchChromium } from '../support/chromium.ts';
import { grantOf, roomId } from '../nodes/erizo/kit/grants.ts';
import type { TestController } from '../nodes/erizo/kit/test-controller.ts';
import * as inPage from '../support/endpoint/in-page.ts';
import type { BrowserPage } from '../support/page/browser-page.ts';
import { evaluateInPage, openChromiumPage } from '../support/page/browser-page.ts';

/** A page in a Chromium of its own, which is closed with it. */
export async function chromiumPage(): Promise<BrowserPage> {
  const browser = await launchChromium();
  return { ...(await openChromiumPage(browser)), close: () => browser.close() };
}

/** Somebody whose page shows streams, its signalling carried by the test. */
export class PageViewer {
  readonly #clientId = newUuid();
  readonly #page: BrowserPage;
  readonly #server: Server;
  readonly #controller: TestController;

  private constructor(page: BrowserPage, server: Server, controller: TestController) {
    this.#page = page;
    this.#server = server;
    this.#controller = controller;
    controller.onMessage = (clientId, connectionId, msg) => {
      if (clientId === this.#clientId) {
        // A page that has gone answers nothing.
        this.#onMessage(connectionId, msg).catch(() => undefined);
      }
    };
  }

  static async open(page: BrowserPage, controller: TestController): Promise<PageViewer> {
    const server = createServer((_, answer) => {
      answer.setHeader('content-type', 'text/html');
      answer.end('<!doctype html><title>test</title>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    await evaluateInPage(page, inPage.install, undefined);
    return new PageViewer(page, server, controller);
  }

  /** Plays a stream; resolves when media can flow. */
  async subscribe(
    streamId: string,
    kinds: { audio: boolean; video: boolean },
    route: Route,
  ): Promise<void> {
    const clientId = this.#clientId;
    const options = { ...kinds, plan: 'dual' } as const;
    const grant = await grantOf();
    const wanted = { roomId, clientId, streamId, route, grant, options };
    await this.#controller.peer.call('addSubscriber', wanted);
  }

  unsubscribe(streamId: string): Promise<null> {
    const clientId = this.#clientId;
    return this.#controller.peer.call('removeSubscriber', { clientId, streamId });
  }

  /** Counts the pictures of the stream that its page shows from now on. */
  keepShown(streamId: string): Promise<void> {
    return evaluateInPage(this.#page, count, streamId);
  }

  /** How many pictures it has shown since then. */
  shown(): Promise<number> {
    return evaluateInPage(this.#page, counted, undefined);
  }

  async leave(): Promise<void> {
    await this.#page.close();
    this.#server.close();
  }

  async #onMessage(connectionId: string, msg: SdpMessage): Promise<void> {
    if (msg.type !== 'offer') {
      return;
    }
    const sdp = await evaluateInPage(this.#page, inPage.answer, { connectionId, sdp: msg.sdp });
    await this.#controller.peer.call('processConnectionMessage', {
      clientId: this.#clientId,
      connectionId,
      msg: { type: 'answer', sdp },
    });
  }
}

/** What runs in the page. */
function count(id: string): void {
  const video = document.getElementById(id);
  let shown = 0;
  const next = (): void => {
    Reflect.set(globalThis, 'shown', shown);
    if (video instanceof HTMLVideoElement) {
      video.requestVideoFrameCallback(() => {
        shown += 1;
        next();
      });
    }
  };
  next();
}

function counted(): number {
  return Number(Reflect.get(globalThis, 'shown'));
}
