import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { TestContext } from 'vitest';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { LocalOptions } from '../../../infra/local.ts';
import type { LocalSystem } from '../../../infra/local.ts';
import type { JoinOptions } from '../../../client/sdk/index.ts';
import type { RegionPin } from '../../../protocol/token.ts';
import { connectChromium } from '../chromium.ts';
import { nothingIsOpen } from '../counters.ts';
import { evidenceName } from '../../../infra/testing/evidence-name.ts';
import { keepEvidence, writeEvidence } from '../evidence.ts';
import { findFirefox, launchFirefox } from '../firefox.ts';
import type { BrowserPage } from '../page/browser-page.ts';
import { openChromiumPage, openFirefoxPage } from '../page/browser-page.ts';
import { LicodeParticipant } from '../page/licode-participant.ts';
import { Participant } from '../page/participant.ts';
import { ownRegions, sharedFacts, SharedSystem } from './shared-system.ts';
import type { TestSystem } from '../system.ts';
import { startTestSystem } from '../system.ts';
import { demoToken, tokenFor } from '../tokens.ts';

type BrowserName = 'chromium' | 'firefox';

/** Somebody who wants into a room. */
interface Person {
  readonly name: string;
  /** The room of the test, unless another one is named. */
  readonly room?: string;
  readonly in?: BrowserName;
}

export interface JoinWish extends Person {
  /** The only region that may serve them, or a pin. */
  readonly region: string | RegionPin;
  readonly options?: JoinOptions;
  /** Whether they play what others publish, as most do. */
  readonly playsAll?: boolean;
}

export interface DemoPageWish extends Person {
  readonly region: string;
  readonly videos?: string;
}

export interface LicodeWish extends Person {
  readonly region: string;
  readonly options?: Record<string, string>;
}

/** What a file's tests run on. */
interface Premises<System extends TestSystem> {
  readonly system: System;
  readonly browser: Browser;
  /** Regions in which nothing may stay open after a test; none are looked at where that is no matter. */
  readonly regions: readonly string[];
  stop(): Promise<void>;
}

interface OpenPage {
  readonly name: string;
  readonly page: BrowserPage;
}

/** Longer than a controller takes to notice that a page which crashed is gone. */
const leaving = { timeout: 40_000 };

/**
 * A system, browsers, and the pages that a test opens in them. After each test the pages are closed, nothing of
 * them may be left in the regions of the file, and a test that failed leaves screenshots of them, and logs.
 */
export class Stage<System extends TestSystem = TestSystem> {
  #premises: Premises<System> | undefined;
  readonly #pages: OpenPage[] = [];

  private constructor(begin: () => Promise<Premises<System>>) {
    beforeAll(async () => {
      this.#premises = await begin();
    });
    afterEach((context) => this.#clear(context));
    afterAll(() => this.#premises?.stop());
  }

  /** The system and the Chromium of the run, of which this file has `ownRegions()` to itself. */
  static shared(): Stage<SharedSystem> {
    return new Stage(async () => {
      const facts = await sharedFacts();
      const browser = await connectChromium(facts.chromiumEndpoint);
      const stop = () => browser.close();
      return { system: new SharedSystem(facts), browser, regions: ownRegions(), stop };
    });
  }

  /** A system of the file's own, for tests that change what all rooms share; with the Chromium of the run. */
  static own(options: LocalOptions): Stage<LocalSystem> {
    return new Stage(async () => {
      const { system, stop } = await startTestSystem(options);
      try {
        const browser = await connectChromium((await sharedFacts()).chromiumEndpoint);
        const regions = system.nodes.map(({ region }) => region);
        const stopBoth = async (): Promise<void> => {
          await browser.close();
          await stop();
        };
        return { system, browser, regions, stop: stopBoth };
      } catch (error) {
        await stop();
        throw error;
      }
    });
  }

  /** What else `begin` brings up; it stops what it has started where it fails. */
  static of<Other extends TestSystem>(begin: () => Promise<Premises<Other>>): Stage<Other> {
    return new Stage(begin);
  }

  get system(): System {
    return this.#there.system;
  }

  get browser(): Browser {
    return this.#there.browser;
  }

  /** The room of the test that runs: no other test of this run has it. */
  get room(): string {
    const { testPath = '', currentTestName = '' } = expect.getState();
    return `${evidenceName(testPath)}: ${currentTestName}`.slice(0, 200);
  }

  /** A page with the SDK that has joined. */
  async join(wish: JoinWish): Promise<Participant> {
    const { name, room = this.room, region, options, playsAll = true } = wish;
    const pin = typeof region === 'string' ? { allow: [region] } : region;
    const token = await tokenFor(this.system, { room, name, pin });
    const page = await this.openPage(name, wish.in);
    return await Participant.join(page, this.system.edgeUrl, {
      token,
      playsAll,
      ...(options === undefined ? {} : { options }),
    });
  }

  /** The demo page, as its address opens it. */
  async openDemo({ in: browser, ...wish }: DemoPageWish): Promise<Participant> {
    const page = await this.openPage(wish.name, browser);
    return await Participant.openDemo(page, this.system.edgeUrl, { room: this.room, ...wish });
  }

  /** A page that speaks as Licode's own client, connected. */
  async joinLicode(wish: LicodeWish): Promise<LicodeParticipant> {
    const { name, room = this.room, region, options } = wish;
    const { edgeUrl } = this.system;
    const token = await demoToken(edgeUrl, { room, name, region });
    const page = await LicodeParticipant.openPage(await this.openPage(name), edgeUrl);
    return await LicodeParticipant.connect(page, token, options);
  }

  /** A blank page, which is closed with the test. */
  async openPage(name: string, browser: BrowserName = 'chromium'): Promise<BrowserPage> {
    const page =
      browser === 'chromium'
        ? await openChromiumPage(this.browser)
        : await openFirefoxPage(await launchFirefox(findFirefox() ?? ''));
    this.#pages.push({ name, page });
    return page;
  }

  get #there(): Premises<System> {
    if (this.#premises === undefined) {
      throw new Error('the stage is there for tests, and for hooks that run before each');
    }
    return this.#premises;
  }

  async #clear({ task }: TestContext): Promise<void> {
    const pages = this.#pages.splice(0);
    const hasFailed = task.result?.state === 'fail';
    if (hasFailed) {
      await this.#keepEvidence(task.name, pages);
    }
    const errors = pages.flatMap(({ name, page }) => page.errors.map((one) => `${name}: ${one}`));
    await Promise.all(pages.map(({ page }) => page.close()));
    if (this.#premises !== undefined) {
      const { system, regions } = this.#premises;
      await nothingIsOpen(system, regions, leaving);
    }
    if (!hasFailed) {
      expect(errors, 'errors that pages have thrown').toEqual([]);
    }
  }

  async #keepEvidence(test: string, pages: readonly OpenPage[]): Promise<void> {
    for (const { name, page } of pages) {
      const file = `${name} ${test}`.replaceAll(/[^\w-]+/g, '-').slice(0, 100);
      // A page that has crashed has no picture.
      await page.screenshot().then(
        (png) => writeEvidence(`${file}.png`, png),
        (error: unknown) => writeEvidence(`${file}.txt`, String(error)),
      );
    }
    if (this.#premises !== undefined) {
      keepEvidence(join(this.#premises.system.stateDir, 'log'));
    }
  }
}
