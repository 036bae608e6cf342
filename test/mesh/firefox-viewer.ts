import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'puppeteer-core';
import * as v from 'valibot';
import type { Route } from '../../protocol/cascade-tree.ts';
import type { SdpMessage } from '../../protocol/contracts/controller-erizo.ts';
import { newUuid } from '../../protocol/ids.ts';
import { launchFirefox } from '../support/firefox.ts';
import { grantOf, roomId } from './erizo-grants.ts';
import { Played } from './erizo-kit.ts';
import * as inPage from './erizo-page.ts';
import type { TestController } from './test-controller.ts';
import { until } from './until.ts';

/** A client that plays in a real Firefox, its signalling carried by the test. */
export class FirefoxViewer {
  readonly clientId = newUuid();
  readonly offers: string[] = [];
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #server: Server;
  readonly #controller: TestController;

  private constructor(
    components: { browser: Browser; page: Page; server: Server },
    controller: TestController,
  ) {
    this.#browser = components.browser;
    this.#page = components.page;
    this.#server = components.server;
    this.#controller = controller;
    controller.participants.set(this.clientId, this);
  }

  static async create(program: string, controller: TestController): Promise<FirefoxViewer> {
    const server = createServer((_, answer) => answer.end('<!doctype html><title>test</title>'));
    const listening = Promise.withResolvers<void>();
    server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    const { port } = server.address() as AddressInfo;
    const browser = await launchFirefox(program);
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.evaluate(inPage.install);
    // Who may use the camera has candidates of all addresses, loopback's among them.
    await page.evaluate(inPage.openCamera, { width: 320, height: 180 });
    return new FirefoxViewer({ browser, page, server }, controller);
  }

  async subscribe(streamId: string, route: Route): Promise<void> {
    await this.#controller.peer.call('addSubscriber', {
      ...{ roomId, clientId: this.clientId, streamId, route, grant: await grantOf() },
      options: { audio: true, video: true, plan: 'stream', rtx: false },
    });
  }

  async onMessage(connectionId: string, msg: SdpMessage): Promise<void> {
    this.offers.push(msg.sdp);
    const sdp = await this.#page.evaluate(inPage.answer, { connectionId, sdp: msg.sdp });
    const { clientId } = this;
    const answer = { clientId, connectionId, msg: { type: 'answer' as const, sdp } };
    await this.#controller.peer.call('processConnectionMessage', answer);
  }

  /** It publishes nothing. */
  sendUpTo(): Promise<void> {
    return Promise.resolve();
  }

  /** How many more frames of the stream it plays, once they are so many and sound came as well, or after 10 s. */
  async plays(streamId: string, frames: number): Promise<number> {
    const before = await this.#played(streamId);
    const now = await until(
      () => this.#played(streamId),
      (now) => now.frames >= before.frames + frames && now.audioPackets > before.audioPackets,
      10_000,
    );
    return now.audioPackets > before.audioPackets ? now.frames - before.frames : 0;
  }

  async leave(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
  }

  async #played(streamId: string): Promise<v.InferOutput<typeof Played>> {
    return v.parse(Played, await this.#page.evaluate(inPage.played, streamId));
  }
}
