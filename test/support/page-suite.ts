import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { LocalOptions, LocalSystem } from '../../infra/local.ts';
import { launchChromium } from './chromium.ts';
import { startTestSystem } from './system.ts';

/** What tests with pages in a whole system have in common; all of it is there for as long as the file runs. */
export interface PageSuite {
  readonly system: LocalSystem;
  readonly browser: Browser;
  /** What its pages have thrown in this test. */
  readonly complaints: readonly string[];
  /** An empty page of the edge's origin that has run the script of the suite. */
  openPage(): Promise<Page>;
}

export interface PageSuiteOptions {
  /** Keeps the systems of two test files apart. */
  slot: number;
  /** What each page begins with. */
  script(): string | Promise<string>;
  system?: LocalOptions;
}

/** To be called once in a file; what it answers is there once the tests run. */
export function pageSuite({ slot, script, system: options }: PageSuiteOptions): PageSuite {
  const complaints: string[] = [];
  let stop: (() => Promise<void>) | undefined;
  let shared: { system: LocalSystem; browser: Browser; content: string } | undefined;
  const there = (): { system: LocalSystem; browser: Browser; content: string } => {
    if (shared === undefined) {
      throw new Error('the suite is there for tests, and what runs before each');
    }
    return shared;
  };
  beforeAll(async () => {
    const started = await startTestSystem(slot, options);
    ({ stop } = started);
    const [browser, content] = await Promise.all([launchChromium(), script()]);
    shared = { system: started.system, browser, content };
  });
  beforeEach(() => {
    complaints.length = 0;
  });
  afterAll(async () => {
    await shared?.browser.close();
    await stop?.();
  });
  return {
    get system() {
      return there().system;
    },
    get browser() {
      return there().browser;
    },
    complaints,
    async openPage() {
      const { system, browser, content } = there();
      const page = await browser.newPage();
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto(`${system.edgeUrl}/healthz`);
      await page.addScriptTag({ content });
      return page;
    },
  };
}
