import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import type { LocalOptions } from '../../infra/local.ts';
import type { PageSuite } from '../support/page-suite.ts';
import { pageSuite } from '../support/page-suite.ts';
import * as inPage from './erizo-js.ts';

/** Where Licode's own client is: it is built from Licode's repository and is no part of this one. */
export const erizoJs = process.env['RIZOMA_ERIZO_JS'];

export interface ErizoJsSuite extends PageSuite {
  /** A page with Licode's client, which has connected with a token and these options. */
  connect(token: string, options?: object): Promise<Page>;
}

/** A system with pages that hold Licode's own client, for as long as the tests run. */
export function erizoJsSuite(slot: number, options: LocalOptions = {}): ErizoJsSuite {
  const script = (): string => readFileSync(erizoJs ?? '', 'utf8');
  const pages = pageSuite({ slot, script, system: options });
  return Object.assign(pages, {
    async connect(token: string, given: object = {}) {
      const page = await pages.openPage();
      await page.evaluate(() => {
        document.body.innerHTML = '<div id="videos"></div>';
      });
      await page.evaluate(inPage.connect, { token, options: given });
      return page;
    },
  });
}

/** Resolves when the page was told that. */
export function heard(page: Page, words: string): Promise<unknown> {
  return page.waitForFunction((wanted) => window.heard.includes(wanted), words);
}

/** Subscribes to a stream as soon as it is in the room; resolves when it is played. */
export async function follow(page: Page, id: string): Promise<void> {
  await heard(page, `added ${id}`);
  await page.evaluate(inPage.subscribe, id);
  await heard(page, `subscribed ${id}`);
  await page.evaluate(inPage.plays, id);
}
