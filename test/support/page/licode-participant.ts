import type { LicodePage } from '../../fakes/licode-page.ts';
import { eventually } from '../eventually.ts';
import type { BrowserPage } from './browser-page.ts';
import { callInPage } from './browser-page.ts';
import type {} from './in-page/licode.ts';
import { licodeScript } from './scripts.ts';

type Body = Record<string, unknown>;

/** Frames after which a picture plays, rather than having stopped after its first frames. */
const playing_frames = 15;

/** Somebody whose page speaks as Licode's own client does. Several may share a page. */
export class LicodeParticipant {
  readonly page: BrowserPage;
  /** An expression for its client in the page. */
  readonly #client: string;

  private constructor(page: BrowserPage, index: number) {
    this.page = page;
    this.#client = `window.licodes[${index}]`;
  }

  /** An empty page of the edge's origin with Licode's wire, in which nobody has connected yet. */
  static async openPage(page: BrowserPage, edgeUrl: string): Promise<BrowserPage> {
    await page.goto(`${edgeUrl}/healthz`);
    await page.addScript(await licodeScript(), 'classic');
    return page;
  }

  /** Connects from a page of `openPage()`, with options in the query of the handshake. */
  static async connect(
    page: BrowserPage,
    token: string,
    options: Record<string, string> = {},
  ): Promise<LicodeParticipant> {
    const index = await callInPage(
      page,
      'window',
      async (window: Window & typeof globalThis, given) => {
        window.licodes.push(await window.LicodePage.connect(given.token, given.options));
        return window.licodes.length - 1;
      },
      { token, options },
    );
    return new LicodeParticipant(page, index);
  }

  /** The message with which the controller let it in. */
  connected(): Promise<Body> {
    return this.#do((licode) => licode.connected, undefined);
  }

  /** How many peer connections it has open. */
  connections(): Promise<number> {
    return this.#do((licode) => licode.connections, undefined);
  }

  /** Publishes camera and microphone; answers the stream's id once the room has announced it. */
  publish(attributes: Body, more: Body = {}): Promise<string> {
    return this.#do((licode, given) => licode.publish(given.attributes, given.more), {
      attributes,
      more,
    });
  }

  /** Publishes a recording, or a URL, in the place of a camera. */
  play(state: 'url' | 'recording', name: string): Promise<string> {
    return this.#do((licode, given) => licode.play(given.state, given.name), { state, name });
  }

  unpublish(id: string): Promise<unknown> {
    return this.#do((licode, given) => licode.unpublish(given), id);
  }

  subscribe(id: string): Promise<void> {
    return this.#do((licode, given) => licode.subscribe(given), id);
  }

  unsubscribe(id: string): Promise<unknown> {
    return this.#do((licode, given) => licode.unsubscribe(given), id);
  }

  /** Waits for the stream's announcement, subscribes, and waits until it plays. */
  async follow(id: string): Promise<void> {
    await this.hears(`onAddStream ${id}`);
    await this.subscribe(id);
    await this.goesOn(id);
  }

  sendData(id: string, message: unknown): Promise<void> {
    return this.#do((licode, given) => licode.sendData(given.id, given.message), { id, message });
  }

  setAttributes(id: string, attributes: Body): Promise<void> {
    return this.#do((licode, given) => licode.setAttributes(given.id, given.attributes), {
      id,
      attributes,
    });
  }

  /** Asks anything else; resolves with the first value of the answer. */
  ask(event: string, message: unknown): Promise<unknown> {
    return this.#do((licode, given) => licode.ask(given.event, given.message), { event, message });
  }

  restartIce(): Promise<void> {
    return this.#do((licode) => licode.restartIce(), undefined);
  }

  /** Cuts the socket; resolves when it is back. */
  cut(): Promise<void> {
    return this.#do((licode) => licode.cut(), undefined);
  }

  disconnect(): Promise<void> {
    return this.#do((licode) => licode.disconnect(), undefined);
  }

  /** Notifications that `hears()` has not taken yet, in order. */
  told(): Promise<string[]> {
    return this.#do((licode) => licode.told, undefined);
  }

  /** Waits for a notification, and takes it out of those that were told. */
  async hears(words: string): Promise<void> {
    await eventually(
      `heard "${words}"`,
      () => this.#do((licode, given) => (licode.take(given) ? true : licode.told), words),
      (answer) => answer === true,
    );
  }

  /** Waits until more frames were decoded and sound has come; answers the width of the picture. */
  async plays(id: string, frames = playing_frames): Promise<number> {
    const played = () => this.#do((licode, given) => licode.played(given), id);
    const before = await played();
    const { width } = await eventually(
      `${id} is decoded, ${frames} frames from ${JSON.stringify(before)}`,
      played,
      (now) => now.frames >= before.frames + frames && now.packets > before.packets,
    );
    return width;
  }

  /** Waits until the element that has shown the stream from the beginning has shown more frames. */
  async goesOn(id: string, frames = playing_frames): Promise<void> {
    const shown = () => this.#do((licode, given) => licode.shown(given), id);
    const wanted = (await shown()) + frames;
    await eventually(`${id} shows frame ${wanted}`, shown, (count) => count >= wanted);
  }

  #do<Arg, Result>(
    run: (licode: LicodePage, arg: Arg) => Result | Promise<Result>,
    arg: Arg,
  ): Promise<Result> {
    return callInPage(this.page, this.#client, run, arg);
  }
}
