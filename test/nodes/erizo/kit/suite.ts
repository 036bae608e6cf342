import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { launchChromium } from '../../../support/chromium.ts';
import { TestAgent, TestErizo } from './participant.ts';

/** What the tests of a file about ErizoJS processes have in common. */
export interface ErizoSuite {
  /** For as long as the file runs; its pages are closed after each test. */
  readonly browser: Browser;
  readonly agent: TestAgent;
  /** Starts a process, which ends with the test. */
  start(region: string, ip: string, env?: Record<string, string>): Promise<TestErizo>;
}

/** To be called once in a file; what it answers is there once the tests run. */
export function erizoSuite(): ErizoSuite {
  const erizos: TestErizo[] = [];
  let shared: { browser: Browser; agent: TestAgent } | undefined;
  const there = (): { browser: Browser; agent: TestAgent } => {
    if (shared === undefined) {
      throw new Error('the suite is there for tests, and what runs before each');
    }
    return shared;
  };
  beforeAll(async () => {
    const [browser, agent] = await Promise.all([launchChromium(), TestAgent.create()]);
    shared = { browser, agent };
  });
  afterEach(async () => {
    await Promise.all(
      there()
        .browser.contexts()
        .map((context) => context.close()),
    );
    await Promise.all(erizos.splice(0).map((erizo) => erizo.end()));
  });
  afterAll(async () => {
    await shared?.browser.close();
    await shared?.agent.listener.close();
  });
  return {
    get browser() {
      return there().browser;
    },
    get agent() {
      return there().agent;
    },
    async start(region, ip, env) {
      const erizo = await TestErizo.create(there().agent, region, ip, env);
      erizos.push(erizo);
      return erizo;
    },
  };
}
