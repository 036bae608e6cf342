import type { Browser, Page } from 'puppeteer-core';
import type {} from '../../client/page/hooks.ts';
import type { StreamStats } from '../../client/sdk/index.ts';
import type { LocalSystem } from '../../infra/local.ts';
import { launchFirefox } from './firefox.ts';
import { brightness, playsStreams, regionsShown } from './in-page.ts';
import type { Wish } from './participant.ts';

/** Somebody who has opened the page in a Firefox of their own: one tab is in front in each. */
export class FirefoxParticipant {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  static async open(program: string, system: LocalSystem, wish: Wish): Promise<FirefoxParticipant> {
    const browser = await launchFirefox(program);
    const participant = new FirefoxParticipant(browser, await browser.newPage());
    await participant.page.goto(`${system.edgeUrl}/?${new URLSearchParams({ ...wish })}`);
    return participant;
  }

  /** Resolves when the page plays this many streams of others. */
  async sees(count: number): Promise<void> {
    await this.page.waitForFunction(playsStreams, { polling: 250 }, count);
  }

  /** Regions of the streams that the page shows. */
  regions(): Promise<string[]> {
    return this.page.evaluate(regionsShown);
  }

  /** How bright the pictures of the others are, from 0 to 255. */
  brightness(): Promise<number[]> {
    return this.page.evaluate(brightness);
  }

  /** Resolves when somebody speaks. */
  async hearsSpeaker(): Promise<void> {
    await this.page.waitForSelector('article[data-speaks]');
  }

  /** What comes in, by stream. */
  async incoming(): Promise<StreamStats[]> {
    const stats = await this.page.evaluate(() => window.rizoma.stats());
    return stats.filter(({ direction }) => direction === 'in');
  }

  /** The words of the status area. */
  words(): Promise<string> {
    return this.page.$eval('#status', ({ textContent }) => textContent ?? '');
  }

  async leave(): Promise<void> {
    await this.#browser.close();
  }
}
