import { systemClock } from '../../protocol/clock.ts';
import { processesWithEnv } from '../proc.ts';
import type { Say } from '../output.ts';
import type { Secrets } from '../secrets.ts';
import { edgeMark, edgeUrlOf, nodeIdOf } from './commands.ts';
import type { NodePlace, RunSettings } from './commands.ts';
import { HealthWatch } from './health-watch.ts';
import type { WatchedPart } from './health-watch.ts';
import { askOk, fetchRegions, waitHealthy } from './health.ts';
import type { Check, RegionStates } from './health.ts';
import type { Supervised } from './supervised.ts';
import { sweep } from './sweep.ts';

const defaults = {
  /** From the first process to the last healthy one. */
  start_timeout_ms: 60_000,
  /** What a part is given to end by itself: a node says goodbye and ends its ErizoJS processes meanwhile. */
  stop_timeout_ms: 10_000,
  /** A killed process is gone at once; on a strained machine within this. */
  kill_timeout_ms: 5_000,
  ask_timeout_ms: 5_000,
} as const;

/** A node ends at once, in order: on SIGTERM it would first wait for its clients. */
const nodeStopSignal = 'SIGINT';

/** One node as tests and the table see it. */
export interface LocalNode {
  readonly region: string;
  readonly nodeId: string;
  readonly ip: string;
  readonly httpUrl: string;
  /** Of the node's main process at this moment; undefined while it is down. */
  readonly pid: number | undefined;
}

export interface SystemComponents {
  readonly say: Say;
  readonly edge: Supervised;
  /** By region, in the order that was asked for. */
  readonly nodes: ReadonlyMap<string, { region: NodePlace; process: Supervised }>;
  readonly release: () => void;
}

/** A whole system on this machine: the edge and one node for each region. */
export class LocalSystem {
  readonly edgeUrl: string;
  readonly secrets: Secrets;
  readonly runId: string;
  readonly stateDir: string;
  readonly #components: SystemComponents;
  readonly #settings: RunSettings;
  #watch: HealthWatch | undefined;
  #stopped: Promise<void> | undefined;

  constructor(components: SystemComponents, options: { settings: RunSettings; secrets: Secrets }) {
    this.#components = components;
    this.#settings = options.settings;
    this.secrets = options.secrets;
    this.edgeUrl = edgeUrlOf(options.settings);
    this.runId = options.settings.runId;
    this.stateDir = options.settings.stateDir;
  }

  /** The nodes as they are now. */
  get nodes(): readonly LocalNode[] {
    return [...this.#components.nodes.values()].map(({ region, process }) => ({
      region: region.id,
      nodeId: nodeIdOf(region),
      ip: region.ip,
      httpUrl: this.#httpUrl(region),
      pid: process.pid,
    }));
  }

  /** Of wrangler's main process; undefined while it is down. */
  get edgePid(): number | undefined {
    return this.#components.edge.pid;
  }

  /** Starts all and waits until it is healthy; the signal cuts the wait short. */
  async start(signal?: AbortSignal): Promise<void> {
    const { edge, nodes, say } = this.#components;
    const began_ms = performance.now();
    // One part that fails ends the wait for the others.
    const failed = new AbortController();
    const given = signal === undefined ? [] : [signal];
    const deadline = this.#deadline(AbortSignal.any([failed.signal, ...given]));
    const healthy = async (check: Check): Promise<void> => {
      await waitHealthy(check, deadline);
      say(`  ${check.name} is healthy (${((performance.now() - began_ms) / 1000).toFixed(1)} s)`);
    };
    try {
      edge.start();
      await healthy(this.#edgeCheck());
      for (const { process } of nodes.values()) process.start();
      await Promise.all([...nodes.values()].map(({ region }) => healthy(this.#nodeCheck(region))));
      await waitHealthy(this.#enrolledCheck([...nodes.keys()]), deadline);
      this.#watch = new HealthWatch({ clock: systemClock, say }, { parts: this.#parts() });
    } finally {
      failed.abort();
    }
  }

  /** ErizoJS processes of a region's node that live, whether or not the node itself does. */
  erizoPids(region: string): number[] {
    return processesWithEnv(this.#nodeMark(region))
      .filter(({ command }) => command.includes('nodes/erizo/main.ts'))
      .map(({ pid }) => pid);
  }

  /** What the edge says of each region. */
  async regionStates(): Promise<RegionStates> {
    return await fetchRegions(this.edgeUrl, AbortSignal.timeout(defaults.ask_timeout_ms));
  }

  /** Ends a node's main process (controller and agent), not its ErizoJS; it stays down until restarted. */
  async killNode(region: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#node(region).process.halt(signal, defaults.stop_timeout_ms);
  }

  /** The region is lost at one blow: its node and all its ErizoJS processes. Down until restarted. */
  async killRegion(region: string): Promise<void> {
    await this.killNode(region);
    await sweep(this.#nodeMark(region), 0);
  }

  /** Starts a node, having ended it if it runs, and waits until it is healthy and enrolled. */
  async restartNode(region: string): Promise<void> {
    const { process, region: place } = this.#node(region);
    await process.halt(nodeStopSignal, defaults.stop_timeout_ms);
    process.start();
    const deadline = this.#deadline();
    await waitHealthy(this.#nodeCheck(place), deadline);
    await waitHealthy(this.#enrolledCheck([region]), deadline);
  }

  /** Takes the edge away, with its runtime; it stays down until restarted. */
  async killEdge(): Promise<void> {
    await this.#components.edge.halt('SIGKILL', defaults.kill_timeout_ms);
    await sweep(edgeMark(this.runId), 0);
  }

  /** Starts the edge again on the same storage and waits until it is healthy. */
  async restartEdge(): Promise<void> {
    await this.killEdge();
    this.#components.edge.start();
    await waitHealthy(this.#edgeCheck(), this.#deadline());
  }

  /** Ends every process of this run, in order: nodes, edge, then whatever carries the run's id. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    const { edge, nodes, release } = this.#components;
    this.#watch?.close();
    await Promise.all(
      [...nodes.values()].map(({ process }) =>
        process.halt(nodeStopSignal, defaults.stop_timeout_ms),
      ),
    );
    await edge.halt('SIGTERM', defaults.stop_timeout_ms);
    await sweep({ RIZOMA_RUN_ID: this.runId });
    release();
  }

  #parts(): WatchedPart[] {
    const { edge, nodes } = this.#components;
    return [
      { process: edge, check: this.#edgeCheck() },
      ...[...nodes.values()].map(({ process, region }) => ({
        process,
        // One that waits for the edge works, though it is not healthy.
        check: {
          name: process.name,
          ask: async (signal: AbortSignal) => {
            await (await fetch(`${this.#httpUrl(region)}/healthz`, { signal })).arrayBuffer();
            return undefined;
          },
        },
      })),
    ];
  }

  #deadline(signal?: AbortSignal): AbortSignal {
    const timeout = AbortSignal.timeout(defaults.start_timeout_ms);
    return signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  }

  #node(region: string): { region: NodePlace; process: Supervised } {
    const node = this.#components.nodes.get(region);
    if (node === undefined) throw new Error(`this system has no region ${region}`);
    return node;
  }

  #nodeMark(region: string): Record<string, string> {
    return { RIZOMA_RUN_ID: this.runId, RIZOMA_NODE_ID: nodeIdOf(this.#node(region).region) };
  }

  #httpUrl(region: NodePlace): string {
    return `http://${region.ip}:${this.#settings.httpPort}`;
  }

  #edgeCheck(): Check {
    const { edge } = this.#components;
    return {
      name: 'edge',
      ask: (signal) => askOk(`${this.edgeUrl}/healthz`, signal),
      logFile: edge.logFile,
      ended: () => edge.pid === undefined,
    };
  }

  #nodeCheck(region: NodePlace): Check {
    const { process } = this.#node(region.id);
    return {
      name: process.name,
      ask: (signal) => askOk(`${this.#httpUrl(region)}/healthz`, signal),
      logFile: process.logFile,
      ended: () => process.pid === undefined,
    };
  }

  #enrolledCheck(regions: readonly string[]): Check {
    return {
      name: 'edge',
      ask: async (signal) => {
        const known = await fetchRegions(this.edgeUrl, signal);
        const lacking = regions.filter((region) => !known.has(region));
        return lacking.length === 0 ? undefined : `no node of ${lacking.join(', ')} has enrolled`;
      },
      logFile: this.#components.edge.logFile,
    };
  }
}
