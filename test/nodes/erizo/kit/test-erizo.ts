import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect } from 'vitest';
import type { Hop } from '../../../../protocol/cascade-tree.ts';
import type { ErizoCounters } from '../../../../protocol/contracts/erizo-counters.ts';
import { newUuid } from '../../../../protocol/ids.ts';
import { trustOf } from './grants.ts';
import type { AgentPeer, TestAgent } from './test-agent.ts';
import type { TestController } from './test-controller.ts';
import { until } from './until.ts';
import { own } from './wires.ts';

const root = resolve(import.meta.dirname, '../../../..');

/** Counters that only grow: a test reads them from the time on at which it gets the process. */
const growing = [
  'cascadeOpens',
  'pipeBytesReceived',
  'pipeBytesSent',
  'layersTold',
  'recordingsStarted',
  'recordingsFailed',
] as const satisfies readonly (keyof ErizoCounters)[];

export interface TestErizoOptions {
  region: string;
  ip: string;
  env?: Readonly<Record<string, string>>;
  /** The file for its output; without it the output joins that of this process. */
  logFile?: string;
}

/** An ErizoJS process. */
export class TestErizo {
  readonly hop: Hop;
  readonly child: ChildProcess;
  readonly exit: Promise<unknown>;
  readonly agentPeer: AgentPeer;
  /** Controllers that a test linked with it. */
  readonly controllers: TestController[] = [];
  #before: Partial<ErizoCounters> = {};

  private constructor(hop: Hop, child: ChildProcess, agentPeer: AgentPeer) {
    this.hop = hop;
    this.child = child;
    this.agentPeer = agentPeer;
    this.exit = once(child, 'exit');
  }

  static async create(agent: TestAgent, options: TestErizoOptions): Promise<TestErizo> {
    const { region, ip, env = {}, logFile } = options;
    const erizoId = newUuid();
    const nodeId = `node-${region}`;
    const arrival = agent.arrival(erizoId);
    const output = logFile === undefined ? 'inherit' : openSync(logFile, 'a');
    const child = spawn(process.execPath, [resolve(root, 'nodes/erizo/main.ts')], {
      env: {
        ...process.env,
        RIZOMA_ERIZO_ID: erizoId,
        RIZOMA_NODE_ID: nodeId,
        RIZOMA_REGION: region,
        RIZOMA_IP: ip,
        RIZOMA_AGENT_ENDPOINT: agent.listener.endpoint,
        RIZOMA_MEDIA_PORT_MIN: '42000',
        RIZOMA_MEDIA_PORT_MAX: '42999',
        RIZOMA_LOG_LEVEL: process.env['ERIZO_TEST_LOG'] ?? 'warn',
        ...env,
      },
      stdio: ['pipe', output, output],
    });
    if (output !== 'inherit') {
      closeSync(output);
    }
    child.stdin?.end(JSON.stringify(own));
    const { peer, endpoint } = await Promise.race([arrival, exited(child, logFile)]);
    peer.notify('trust', await trustOf({ nodeId, region }));
    // It has heard of it when it answers what was asked after that.
    await peer.call('counters', {});
    return new TestErizo({ erizoId, nodeId, region, endpoint }, child, peer);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Counts what is open in it, and what happened in it since `begin`. */
  async counters(): Promise<ErizoCounters> {
    const counters = await this.agentPeer.call('counters', {});
    const since = growing.map((name) => [name, counters[name] - (this.#before[name] ?? 0)]);
    return { ...counters, ...Object.fromEntries(since) };
  }

  /** Counts from zero again what only grows. */
  async begin(): Promise<void> {
    this.#before = await this.agentPeer.call('counters', {});
  }

  /** The counters, as soon as they are as wanted. Rejects where they are not, after some seconds. */
  settled(
    wanted: (counters: ErizoCounters) => boolean,
    patience_ms = 20_000,
  ): Promise<ErizoCounters> {
    return until(() => this.counters(), wanted, patience_ms);
  }

  /** Waits until all of these counters are as wanted: what ends together is counted one after the other. */
  async becomes(wanted: Partial<ErizoCounters>): Promise<void> {
    const names = Object.keys(wanted) as (keyof ErizoCounters)[];
    const isSo = (counters: ErizoCounters): boolean =>
      names.every((name) => counters[name] === wanted[name]);
    // Where it never is so, the difference is the fault to be seen.
    const last = await this.settled(isSo).catch(() => this.counters());
    expect(last).toMatchObject(wanted);
  }

  /** Removes all clients of the test's controllers, and closes their links. */
  async clear(): Promise<void> {
    const controllers = this.controllers.splice(0);
    if (this.isRunning) {
      await Promise.all(controllers.map((controller) => controller.leave()));
    } else {
      controllers.forEach(({ peer }) => peer.close());
    }
  }

  async end(): Promise<void> {
    if (this.isRunning) {
      this.child.kill('SIGTERM');
      await this.exit;
    }
  }
}

async function exited(child: ChildProcess, logFile: string | undefined): Promise<never> {
  const [code, signal] = await once(child, 'exit');
  throw new Error(`the process ended with ${code ?? signal} before it registered; see ${logFile}`);
}
