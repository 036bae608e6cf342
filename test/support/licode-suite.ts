import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import type { LocalOptions } from '../../infra/local.ts';
import type {} from './licode-in-page.ts';
import type { PageSuite } from './page-suite.ts';
import { pageSuite } from './page-suite.ts';
import { demoToken } from './sdk-page.ts';

/** A page of it may join a room, or several. */
export interface LicodeSuite extends PageSuite {
  /** A page that has joined one, with these options in the query of its handshake. */
  join(who: Who, options?: Record<string, string>): Promise<Page>;
}

interface Who {
  room: string;
  name: string;
  region: string;
}

/** A system with pages that speak as Licode's own client does, for as long as the file runs. */
export function licodeSuite(slot: number, options: LocalOptions = {}): LicodeSuite {
  const pages = pageSuite({ slot, script: licodePage, system: options });
  return Object.assign(pages, {
    async join(who: Who, query: Record<string, string> = {}) {
      const token = await demoToken(pages.system.edgeUrl, who);
      const page = await pages.openPage();
      await page.evaluate(
        async ([text, given]) => {
          window.licode = await window.LicodePage.connect(text, given);
        },
        [token, query] as const,
      );
      return page;
    },
  });
}

async function licodePage(): Promise<string> {
  const bundle = await build({
    entryPoints: [new URL('licode-in-page.ts', import.meta.url).pathname],
    bundle: true,
    format: 'iife',
    write: false,
  });
  return bundle.outputFiles[0]?.text ?? '';
}
