import type { Browser, Page } from 'playwright-core';
import type { LocalSystem } from '../../infra/local.ts';
import type {} from '../../client/page/hooks.ts';
import type { StreamStats } from '../../client/sdk/index.ts';
import { brightness, playsStreams, regionsShown } from './in-page.ts';

export interface Wish {
  room: string;
  name: string;
  region?: string;
  /** Of how many the picture is wanted. */
  videos?: string;
}

/** Somebody who has opened the page in a real browser. */
export class Participant {
  readonly page: Page;
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.complaints.push(error.message));
  }

  static async open(browser: Browser, system: LocalSystem, wish: Wish): Promise<Participant> {
    const context = await browser.newContext({ viewport: { width: 960, height: 640 } });
    const participant = new Participant(await context.newPage());
    const query = new URLSearchParams({ ...wish });
    await participant.page.goto(`${system.edgeUrl}/?${query}`);
    return participant;
  }

  /** Resolves when the page plays this many streams of others. */
  async sees(count: number): Promise<void> {
    await this.page.waitForFunction(playsStreams, count);
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
  async words(): Promise<string> {
    return (await this.page.textContent('#status')) ?? '';
  }

  async leave(): Promise<void> {
    await this.page.context().close();
  }
}
