import { join } from 'node:path';
import type { RunnerTestCase } from 'vitest';
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { ConnectionPlan } from '../../../../protocol/contracts/controller-erizo.ts';
import type { EndpointHost, EndpointPage } from '../../../support/endpoint/endpoint-page.ts';
import { evidenceDir, writeEvidence } from '../../../support/evidence.ts';
import { isEmpty } from './empty.ts';
import { openEndpoints } from './endpoints.ts';
import { Participant } from './participant.ts';
import { TestAgent } from './test-agent.ts';
import type { TestController } from './test-controller.ts';
import { TestErizo } from './test-erizo.ts';
import type { Region } from './wires.ts';
import { regionIps } from './wires.ts';

/** A process that keeps something of removed clients for longer is ended. */
const clear_ms = 3_000;

export interface StartOptions {
  ip?: string;
  env?: Readonly<Record<string, string>>;
}

export interface JoinOptions {
  plan?: ConnectionPlan;
  /** Whether `seen` has to list its frames. */
  watchFrames?: boolean;
}

/** What the tests of a file about ErizoJS processes have in common. */
export interface ErizoSuite {
  readonly agent: TestAgent;
  /** Gives the test an empty process: a new one, or one that an earlier test left empty. */
  start(region: Region, options?: StartOptions): Promise<TestErizo>;
  /** Gives the test a participant with an endpoint of its own. */
  join(controller: TestController, options?: JoinOptions): Promise<Participant>;
}

interface Started {
  readonly erizo: TestErizo;
  /** Processes of one key are alike. */
  readonly key: string;
}

class Suite implements ErizoSuite {
  readonly agent: TestAgent;
  readonly #host: EndpointHost;
  readonly #inUse: Started[] = [];
  readonly #free: Started[] = [];
  readonly #pages: EndpointPage[] = [];

  constructor(components: { agent: TestAgent; host: EndpointHost }) {
    this.agent = components.agent;
    this.#host = components.host;
  }

  async start(region: Region, { ip = regionIps[region], env = {} }: StartOptions = {}) {
    const key = JSON.stringify([region, ip, env]);
    const index = this.#free.findIndex((one) => one.key === key);
    const [free] = index < 0 ? [] : this.#free.splice(index, 1);
    const logFile = join(evidenceDir(), `erizo-${region}.log`);
    const erizo = free?.erizo ?? (await TestErizo.create(this.agent, { region, ip, env, logFile }));
    this.#inUse.push({ erizo, key });
    await erizo.begin();
    return erizo;
  }

  async join(controller: TestController, options: JoinOptions = {}): Promise<Participant> {
    const page = await this.#host.open({ watchFrames: options.watchFrames ?? false });
    this.#pages.push(page);
    return new Participant({ page, controller }, options);
  }

  /** Ends what the test began, and keeps its processes for the next one where nothing is left in them. */
  async afterEach(test: RunnerTestCase): Promise<void> {
    const hasFailed = test.result?.state === 'fail';
    if (hasFailed) {
      await this.#keepScreenshots(test.name);
    }
    const used = this.#inUse.splice(0);
    await Promise.all(used.map(({ erizo }) => erizo.clear()));
    await Promise.all(this.#pages.splice(0).map((page) => page.close()));
    const running = used.filter(({ erizo }) => erizo.isRunning);
    await Promise.all(running.map((one) => this.#release(one, { hasFailed })));
  }

  async afterAll(): Promise<void> {
    await Promise.all(this.#free.splice(0).map(({ erizo }) => erizo.end()));
    await this.#host.close();
    await this.agent.listener.close();
  }

  async #release(one: Started, { hasFailed }: { hasFailed: boolean }): Promise<void> {
    try {
      if (!hasFailed) {
        await one.erizo.settled(isEmpty, clear_ms);
        this.#free.push(one);
        return;
      }
    } catch {
      // A pull that nobody plays, or a process that ends, is not waited for.
    }
    await one.erizo.end();
  }

  async #keepScreenshots(test: string): Promise<void> {
    for (const [index, page] of this.#pages.entries()) {
      const png = await page.screenshot();
      if (png !== undefined) {
        writeEvidence(`${test.replaceAll(/\W+/g, '-').slice(0, 80)}-${index}.png`, png);
      }
    }
  }
}

/** To be called once in a file; what it answers is there once the tests run. */
export function erizoSuite(): ErizoSuite {
  let suite: Suite | undefined;
  const there = (): Suite => {
    if (suite === undefined) {
      throw new Error('the suite is there for tests, and what runs before each');
    }
    return suite;
  };
  beforeAll(async () => {
    const [host, agent] = await Promise.all([openEndpoints(), TestAgent.create()]);
    suite = new Suite({ host, agent });
  });
  afterEach(({ task }) => suite?.afterEach(task));
  afterAll(() => suite?.afterAll());
  return {
    get agent() {
      return there().agent;
    },
    start: (region, options) => there().start(region, options),
    join: (controller, options) => there().join(controller, options),
  };
}
