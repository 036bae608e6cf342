import { readFileSync } from 'node:fs';
import type { Patience } from '../support/eventually.ts';
import { eventually } from '../support/eventually.ts';
import type { BrowserPage } from '../support/page/browser-page.ts';
import { evaluateInPage } from '../support/page/browser-page.ts';
import type { Stage } from '../support/stage/stage.ts';
import * as inPage from './erizo-js.ts';

/** Where Licode's own client is: it is built from Licode's repository and is no part of this one. */
export const erizoJs = process.env['RIZOMA_ERIZO_JS'];

/** A page with Licode's own client, unmodified, which has connected. */
export class ErizoJsPage {
  readonly #page: BrowserPage;

  private constructor(page: BrowserPage) {
    this.#page = page;
  }

  static async connect(
    stage: Stage,
    { name, token, options = {} }: { name: string; token: string; options?: object },
  ): Promise<ErizoJsPage> {
    const page = await stage.openPage(name);
    await page.goto(`${stage.system.edgeUrl}/healthz`);
    await page.addScript(readFileSync(erizoJs ?? '', 'utf8'), 'classic');
    await page.run(`document.body.innerHTML = '<div id="videos"></div>'`);
    await evaluateInPage(page, inPage.connect, { token, options });
    return new ErizoJsPage(page);
  }

  /** Runs a function in the page; it may use nothing from around it. */
  run<Result>(inThere: () => Result | Promise<Result>): Promise<Result>;
  run<Arg, Result>(inThere: (arg: Arg) => Result | Promise<Result>, arg: Arg): Promise<Result>;
  run<Result>(inThere: (arg: unknown) => Result | Promise<Result>, arg?: unknown): Promise<Result> {
    return evaluateInPage(this.#page, inThere, arg);
  }

  heard(): Promise<string[]> {
    return this.run(() => window.heard);
  }

  async hears(words: string, options: Patience = {}): Promise<void> {
    const heard = () => this.heard();
    await eventually(`heard "${words}"`, heard, (all) => all.includes(words), options);
  }

  /** Subscribes to a stream as soon as it is in the room; resolves when it is played. */
  async follow(id: string): Promise<void> {
    await this.hears(`added ${id}`);
    await this.run(inPage.subscribe, id);
    await this.hears(`subscribed ${id}`);
    await this.run(inPage.plays, id);
  }

  disconnect(): Promise<void> {
    return this.run(() => window.room.disconnect());
  }
}
