import type { Browser as Chromium, Page as ChromiumPage } from 'playwright-core';
import type { Browser as Firefox, Page as FirefoxPage } from 'puppeteer-core';

/** A page of its own in either browser: as much of both drivers as tests need. */
export interface BrowserPage {
  /** Messages of errors that nothing in the page has caught. */
  readonly errors: readonly string[];
  goto(url: string): Promise<void>;
  /** Runs a script in the page, as a module where it imports and awaits; resolves when it has run. */
  addScript(content: string, kind: 'module' | 'classic'): Promise<void>;
  /** Evaluates an expression; a promise is awaited. What it answers has to be JSON. */
  run<Result>(expression: string): Promise<Result>;
  resize(size: { width: number; height: number }): Promise<void>;
  screenshot(): Promise<Uint8Array>;
  /** Closes the page and everything that only it uses. */
  close(): Promise<void>;
}

/** A window of the demo page fits several tiles of a camera. */
const viewport = { width: 960, height: 640 } as const;

/** A page that hangs must not keep the others from being closed. */
const screenshot_ms = 5_000;

/**
 * Calls `run` in the page with `target`, an expression such as `window.client`, and an argument of JSON.
 * `run` is passed as text, so it may use nothing from around it.
 */
export function callInPage<Target, Arg, Result>(
  page: BrowserPage,
  target: string,
  run: (target: Target, arg: Arg) => Result | Promise<Result>,
  arg: Arg,
): Promise<Result> {
  return page.run<Result>(`(${run.toString()})(${target}, ${JSON.stringify(arg)})`);
}

/** The same for a function of its argument alone, or of what the page's scripts have set up. */
export function evaluateInPage<Arg, Result>(
  page: BrowserPage,
  run: (arg: Arg) => Result | Promise<Result>,
  arg: Arg,
): Promise<Result> {
  return page.run<Result>(`(${run.toString()})(${JSON.stringify(arg)})`);
}

/** A context of its own in a Chromium: it shares nothing with other pages. */
export async function openChromiumPage(browser: Chromium): Promise<BrowserPage> {
  const context = await browser.newContext({ viewport });
  const page: ChromiumPage = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return {
    errors,
    goto: async (url) => void (await page.goto(url)),
    // A tag would need a policy of the page that allows any script.
    addScript: async (content, kind) => void (await page.evaluate(scriptOf(content, kind))),
    run: (expression) => page.evaluate(expression),
    resize: (size) => page.setViewportSize(size),
    screenshot: () => page.screenshot({ timeout: screenshot_ms }),
    close: () => context.close(),
  };
}

/** The only page of a Firefox, which is closed with it: only one tab of each is in front, and plays. */
export async function openFirefoxPage(browser: Firefox): Promise<BrowserPage> {
  const page: FirefoxPage = await browser.newPage();
  await page.setViewport(viewport);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  return {
    errors,
    goto: async (url) => void (await page.goto(url)),
    addScript: async (content, kind) => void (await page.evaluate(scriptOf(content, kind))),
    async run<Result>(expression: string): Promise<Result> {
      try {
        return await page.evaluate<[], () => Result>(expression);
      } catch (error) {
        // Its stack has frames of the page, for which vitest would look in files.
        throw new Error(String(error));
      }
    },
    resize: (size) => page.setViewport(size),
    screenshot: () => Promise.race([page.screenshot(), rejectAfter(screenshot_ms)]),
    close: () => browser.close(),
  };
}

/** As an expression whose value is no matter. */
function scriptOf(content: string, kind: 'module' | 'classic'): string {
  return kind === 'module' ? `(async () => { ${content}\n})()` : `${content}\n;undefined`;
}

function rejectAfter(time_ms: number): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`no screenshot after ${time_ms} ms`)), time_ms).unref();
  });
}
